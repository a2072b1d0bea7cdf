#include "network.hpp"

#include "text_file.hpp"
#include <ktest/descriptor.hpp>

#include <array>
#include <cstdio>
#include <cstring>

#include <arpa/inet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <sys/ioctl.h>

namespace ktest::init {
namespace {

auto address(char const* text) -> sockaddr {
    sockaddr_in internet{};
    internet.sin_family = AF_INET;
    internet.sin_addr.s_addr = ::inet_addr(text);
    sockaddr plain{};
    static_assert(sizeof plain == sizeof internet);
    std::memcpy(&plain, &internet, sizeof plain);
    return plain;
}

auto named(char const* name) -> ifreq {
    ifreq request{};
    std::strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    return request;
}

auto set_up(descriptor const& socket, char const* name) -> bool {
    auto request = named(name);
    request.ifr_flags = IFF_UP;
    return ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

} // namespace

void bring_up_network() {
    descriptor const socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    set_up(socket, "lo");
    auto request = named("eth0");
    request.ifr_addr = address("10.0.2.15");
    if (::ioctl(socket.get(), SIOCSIFADDR, &request) != 0) return;
    request.ifr_netmask = address("255.255.255.0");
    ::ioctl(socket.get(), SIOCSIFNETMASK, &request);
    set_up(socket, "eth0");
    rtentry route{};
    route.rt_dst = address("0.0.0.0");
    route.rt_genmask = address("0.0.0.0");
    route.rt_gateway = address("10.0.2.2");
    route.rt_flags = RTF_UP | RTF_GATEWAY;
    ::ioctl(socket.get(), SIOCADDRT, &route);
}

void set_address(std::string const& mac) {
    std::array<unsigned char, 6> bytes{};
    if (std::sscanf(mac.c_str(), "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &bytes[0], &bytes[1], &bytes[2], &bytes[3],
                    &bytes[4], &bytes[5])
        != 6)
        return;
    descriptor const socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    auto request = named("eth0");
    request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    std::memcpy(request.ifr_hwaddr.sa_data, bytes.data(), bytes.size());
    ::ioctl(socket.get(), SIOCSIFHWADDR, &request);
}

void write_resolver() { write_text("/etc/resolv.conf", "nameserver 10.0.2.3\n"); }

void name_host(std::string const& name) {
    ::sethostname(name.data(), name.size());
    auto hosts = read_text("/etc/hosts");
    for (std::size_t at = 0; (at = hosts.find(name, at)) != std::string::npos; at += name.size())
        if (at > 0 && std::strchr(" \t", hosts[at - 1]) != nullptr
            && std::strchr(" \t\n", hosts[at + name.size()]) != nullptr)
            return;
    write_text("/etc/hosts",
               hosts + (hosts.empty() ? "127.0.0.1 localhost\n" : "\n") + "127.0.1.1 " + name + "\n");
}

} // namespace ktest::init
