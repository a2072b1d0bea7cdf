#include "network_card.hpp"

#include "text_file.hpp"

#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <sys/ioctl.h>

namespace ktest::init {
namespace {

auto request_for(std::string const& name) -> ifreq {
    ifreq request{};
    std::strncpy(request.ifr_name, name.c_str(), sizeof request.ifr_name - 1);
    return request;
}

auto internet_address(in_addr_t bytes) -> sockaddr {
    sockaddr_in internet{};
    internet.sin_family = AF_INET;
    internet.sin_addr.s_addr = bytes;
    sockaddr plain{};
    static_assert(sizeof plain == sizeof internet);
    std::memcpy(&plain, &internet, sizeof plain);
    return plain;
}

} // namespace

network_card::network_card(std::string name)
    : name_{std::move(name)}, socket_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {}

auto network_card::is_there() const -> bool {
    auto request = request_for(name_);
    return ::ioctl(socket_.get(), SIOCGIFINDEX, &request) == 0;
}

auto network_card::set_up() const -> bool {
    auto request = request_for(name_);
    if (::ioctl(socket_.get(), SIOCGIFFLAGS, &request) != 0) return false;
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    return ::ioctl(socket_.get(), SIOCSIFFLAGS, &request) == 0;
}

auto network_card::set_mtu(int bytes) const -> bool {
    auto request = request_for(name_);
    request.ifr_mtu = bytes;
    return ::ioctl(socket_.get(), SIOCSIFMTU, &request) == 0;
}

auto network_card::set_mac(std::array<unsigned char, 6> const& bytes) const -> bool {
    auto request = request_for(name_);
    request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    std::memcpy(request.ifr_hwaddr.sa_data, bytes.data(), bytes.size());
    return ::ioctl(socket_.get(), SIOCSIFHWADDR, &request) == 0;
}

auto network_card::set_ipv4(char const* address, int prefix) const -> bool {
    auto request = request_for(name_);
    request.ifr_addr = internet_address(::inet_addr(address));
    if (::ioctl(socket_.get(), SIOCSIFADDR, &request) != 0) return false;
    request.ifr_netmask = internet_address(htonl(prefix == 0 ? 0 : ~0U << (32 - prefix)));
    return ::ioctl(socket_.get(), SIOCSIFNETMASK, &request) == 0;
}

auto network_card::route_all_by(char const* router) const -> bool {
    rtentry route{};
    route.rt_dst = route.rt_genmask = internet_address(INADDR_ANY);
    route.rt_gateway = internet_address(::inet_addr(router));
    route.rt_flags = RTF_UP | RTF_GATEWAY;
    auto name = name_;
    route.rt_dev = name.data();
    return ::ioctl(socket_.get(), SIOCADDRT, &route) == 0;
}

auto network_card::add_ipv6(char const* address, int prefix) const -> bool {
    // Where IPv6 is a module, this loads it.
    descriptor const socket{::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    auto const switches = "/proc/sys/net/ipv6/conf/" + name_ + '/';
    if (!socket || read_text(switches + "disable_ipv6") != "0") return true;
    write_switch(switches + "accept_ra", "0");
    write_switch(switches + "accept_dad", "0"); // or each address would wait a second before it serves
    auto card = request_for(name_);
    in6_ifreq request{};
    if (::ioctl(socket.get(), SIOCGIFINDEX, &card) != 0
        || ::inet_pton(AF_INET6, address, &request.ifr6_addr) != 1)
        return false;
    request.ifr6_ifindex = card.ifr_ifindex;
    request.ifr6_prefixlen = static_cast<unsigned>(prefix);
    return ::ioctl(socket.get(), SIOCSIFADDR, &request) == 0;
}

} // namespace ktest::init
