#pragma once

#include <ktest/net/addresses.hpp>

#include <range/v3/view/enumerate.hpp>

#include <string>
#include <vector>

namespace ktest {

/// A node's card on one of the test's networks; the first is eth1.
struct node_card {
    std::size_t network = 0; ///< in the order of NETS
    std::string mac;
    std::string settings; ///< as init is told them: `10.77.1.2/24 fd77:0:0:1::2/64 1500`
    friend auto operator==(node_card const&, node_card const&) -> bool = default;
};

/// The cards of a node, by its place in NODES, in the order of the networks that it is in.
inline auto node_cards(test_spec const& spec, std::size_t node) -> std::vector<node_card> {
    constexpr unsigned usual_mtu = 1500;
    node_number const number{static_cast<unsigned>(node) + 1};
    std::vector<node_card> cards;
    for (auto const& [i, net] : spec.networks | ranges::views::enumerate) {
        if (!has_node(net, spec.nodes[node])) continue;
        network_number const in{static_cast<unsigned>(i) + 1};
        cards.push_back(
            {.network = i,
             .mac = to_string(node_mac(in, number)),
             .settings = fmt::format("{}/{} {}/{} {}", ipv4_address(in, number), ipv4_prefix,
                                     ipv6_address(in, number), ipv6_prefix, net.mtu.value_or(usual_mtu))});
    }
    return cards;
}

} // namespace ktest
