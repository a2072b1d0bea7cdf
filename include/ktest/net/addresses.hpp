#pragma once

#include <ktest/net/ethernet.hpp>
#include <ktest/spec/deps_checks.hpp>

namespace ktest {

/// Networks and nodes count from 1, in the order in which the test named them.
struct network_number {
    unsigned value = 1; ///< to most_networks
    friend auto operator<=>(network_number, network_number) = default;
};
struct node_number {
    unsigned value = 1; ///< to most_nodes
    friend auto operator<=>(node_number, node_number) = default;
};

/// `10.77.1.2`, in a network of 24 bits.
inline auto ipv4_address(network_number net, node_number node) -> std::string {
    return fmt::format("10.77.{}.{}", net.value, node.value);
}
constexpr int ipv4_prefix = 24;

/// `fd77:0:0:1::2`, in a network of 64 bits. It reads like the IPv4 address: node 16 ends in `::16`, although
/// that is no decimal number.
inline auto ipv6_address(network_number net, node_number node) -> std::string {
    return fmt::format("fd77:0:0:{}::{}", net.value, node.value);
}
constexpr int ipv6_prefix = 64;

/// `52:54:00:77:01:02`: QEMU's own prefix, which is locally administered.
inline auto node_mac(network_number net, node_number node) -> mac_address {
    return {{0x52, 0x54, 0x00, 0x77, static_cast<std::uint8_t>(net.value),
             static_cast<std::uint8_t>(node.value)}};
}

/// Where a network of this name stands, if anywhere.
inline auto find_network(std::vector<network> const& networks, std::string_view name)
    -> std::vector<network>::const_iterator {
    return std::find_if(networks.begin(), networks.end(),
                        [&](network const& one) { return one.name == name; });
}

inline auto has_node(network const& net, std::string_view node) -> bool {
    return std::find(net.nodes.begin(), net.nodes.end(), node) != net.nodes.end();
}

namespace detail {

/// The network by which `viewer` reaches `node` when it says no more than the name: the first that both are
/// in, or the node's first.
inline auto meeting_network(test_spec const& spec, std::string_view viewer, std::string_view node) {
    auto const& all = spec.networks;
    auto const shared = std::find_if(all.begin(), all.end(), [&](network const& net) {
        return has_node(net, node) && has_node(net, viewer);
    });
    if (shared != all.end()) return shared;
    return std::find_if(all.begin(), all.end(), [&](network const& net) { return has_node(net, node); });
}

} // namespace detail

/// The lines of /etc/hosts on the node `viewer`: `server` is where it reaches that node, `server.wan` the
/// node in that network.
inline auto hosts_lines(test_spec const& spec, std::string_view viewer) -> std::string {
    std::string lines;
    for (std::size_t node = 0; node < spec.nodes.size(); ++node) {
        auto const& name = spec.nodes[node];
        auto const meeting = detail::meeting_network(spec, viewer, name);
        for (auto net = spec.networks.begin(); net != spec.networks.end(); ++net) {
            if (!has_node(*net, name)) continue;
            network_number const n{static_cast<unsigned>(net - spec.networks.begin()) + 1};
            node_number const m{static_cast<unsigned>(node) + 1};
            auto const names = fmt::format("{}{}.{}", net == meeting ? name + ' ' : "", name, net->name);
            lines += fmt::format("{} {}\n{} {}\n", ipv4_address(n, m), names, ipv6_address(n, m), names);
        }
    }
    return lines;
}

} // namespace ktest
