#include "network.hpp"

#include "network_card.hpp"
#include "text_file.hpp"
#include <ktest/take_line.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace ktest::init {
namespace {

constexpr auto hosts_file = "/etc/hosts";

auto words_of(std::string_view text) -> std::vector<std::string_view> {
    constexpr std::string_view blanks = " \t\n";
    std::vector<std::string_view> words;
    for (std::size_t at = 0; (at = text.find_first_not_of(blanks, at)) != std::string_view::npos;) {
        auto const end = std::min(text.find_first_of(blanks, at), text.size());
        words.push_back(text.substr(at, end - at));
        at = end;
    }
    return words;
}

} // namespace

void bring_up_network() {
    network_card{"lo"}.set_up();
    network_card const card{"eth0"};
    if (!card.set_ipv4("10.0.2.15", 24)) return;
    card.set_up();
    card.route_all_by("10.0.2.2");
}

auto join_networks(std::vector<std::string> const& networks) -> problem {
    auto number = 0;
    for (auto const& network : networks) {
        network_card const card{"eth" + std::to_string(++number)};
        std::array<char, 16> ipv4{};
        std::array<char, 46> ipv6{};
        auto prefix4 = 0;
        auto prefix6 = 0;
        auto mtu = 0;
        if (std::sscanf(network.c_str(), "%15[0-9.]/%d %45[0-9a-f:]/%d %d", ipv4.data(), &prefix4,
                        ipv6.data(), &prefix6, &mtu)
            != 5)
            return card.name() + " cannot have `" + network + "`, which the host wants: it cannot be read";
        if (!card.is_there())
            return card.name() + " is missing: the kernel has no driver for the card (virtio_net)";
        if (!card.set_mtu(mtu)) return failure(card.name() + " cannot have the MTU " + std::to_string(mtu));
        if (!card.set_ipv4(ipv4.data(), prefix4) || !card.add_ipv6(ipv6.data(), prefix6) || !card.set_up())
            return failure(card.name() + " cannot have `" + network + "`");
    }
    return {};
}

void keep_to_own_networks() { write_switch("/proc/sys/net/ipv6/conf/eth0/disable_ipv6", "1"); }

void set_address(std::string const& mac) {
    std::array<unsigned char, 6> bytes{};
    if (std::sscanf(mac.c_str(), "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &bytes[0], &bytes[1], &bytes[2], &bytes[3],
                    &bytes[4], &bytes[5])
        != 6)
        return;
    // The kernel may have announced the template's address already, when QEMU asked it to.
    auto const announce = std::string{"/proc/sys/net/ipv4/conf/eth0/arp_notify"};
    write_switch(announce, "1");
    network_card{"eth0"}.set_mac(bytes);
    write_switch(announce, "0");
}

void write_resolver() { write_text("/etc/resolv.conf", "nameserver 10.0.2.3\n"); }

void name_nodes(std::string const& lines) {
    auto const ours = words_of(lines);
    auto const is_ours = [&](auto word) { return std::find(ours.begin(), ours.end(), word) != ours.end(); };
    auto hosts = lines;
    auto others = read_text(hosts_file);
    if (others.empty()) others = "127.0.0.1 localhost";
    for (std::string_view rest = others; !rest.empty();) {
        auto const line = take_line(rest);
        auto const words = words_of(line);
        if (std::none_of(words.begin(), words.end(), is_ours)) hosts.append(line) += '\n';
    }
    write_text(hosts_file, hosts);
}

void name_host(std::string const& name) {
    ::sethostname(name.data(), name.size());
    auto hosts = read_text(hosts_file);
    for (std::size_t at = 0; (at = hosts.find(name, at)) != std::string::npos; at += name.size())
        if (at > 0 && std::strchr(" \t", hosts[at - 1]) != nullptr
            && std::strchr(" \t\n", hosts[at + name.size()]) != nullptr)
            return;
    write_text(hosts_file,
               hosts + (hosts.empty() ? "127.0.0.1 localhost\n" : "\n") + "127.0.1.1 " + name + "\n");
}

} // namespace ktest::init
