#pragma once

// What the values of `deps` must satisfy together, after each line that adds to them.

#include <ktest/spec/nearest.hpp>
#include <ktest/spec/option_clash.hpp>
#include <ktest/spec/test_spec.hpp>

#include <algorithm>

namespace ktest {

constexpr std::size_t most_scratch_disks = 128; ///< vda to vddx; a machine has room for some more
constexpr std::size_t most_nodes = 16;
constexpr std::size_t most_networks = 8;
constexpr std::size_t most_options = 500;

namespace detail {

/// ` (did you mean server?)` or nothing.
template<class Names>
auto suggestion(std::string_view word, Names const& candidates) -> std::string {
    auto const meant = nearest(word, candidates);
    return meant ? fmt::format(" (did you mean {}?)", *meant) : "";
}

inline auto at_most(std::size_t count, std::size_t most, std::string_view what) -> result<void> {
    if (count > most) return usage_error("{} {}: at most {} are possible", count, what, most);
    return {};
}

inline auto check_scratch(std::vector<bytes> const& disks) -> result<void> {
    return at_most(disks.size(), most_scratch_disks, "scratch disks");
}
inline auto check_test_scratch(test_spec const& spec) { return check_scratch(spec.scratch); }
inline auto check_node_scratch(node_spec const& spec) { return check_scratch(*spec.scratch); }

inline auto check_options(test_spec const& spec) -> result<void> {
    if (auto few = at_most(spec.config.size(), most_options, "kernel options"); !few) return few;
    if (auto const [one, other] = find_clash(spec.config); one != nullptr)
        return usage_error("{} clashes with {}", shortened(to_string(*one)), shortened(to_string(*other)));
    return {};
}

/// Nodes are host names: each is there once, whatever its case.
inline auto check_nodes(test_spec const& spec) -> result<void> {
    if (auto few = at_most(spec.nodes.size(), most_nodes, "nodes"); !few) return few;
    for (auto const& node : spec.nodes) {
        auto const same = [&](std::string_view other) { return edit_distance(node, other) == 0; };
        if (same("localhost")) return usage_error("a node cannot have the name '{}'", node);
        if (std::count_if(spec.nodes.begin(), spec.nodes.end(), same) > 1)
            return usage_error("the node '{}' is there twice", node);
    }
    return {};
}

/// Networks have different names; each joins nodes of the test, each once.
inline auto check_networks(test_spec const& spec) -> result<void> {
    if (auto few = at_most(spec.networks.size(), most_networks, "networks"); !few) return few;
    for (auto const& net : spec.networks) {
        auto const same = [&](network const& other) { return other.name == net.name; };
        if (std::count_if(spec.networks.begin(), spec.networks.end(), same) > 1)
            return usage_error("the network '{}' is there twice", net.name);
        for (auto const& node : net.nodes) {
            if (std::count(spec.nodes.begin(), spec.nodes.end(), node) == 0)
                return usage_error("network '{}': no node '{}' in NODES{}", net.name, shortened(node),
                                   suggestion(node, spec.nodes));
            if (std::count(net.nodes.begin(), net.nodes.end(), node) > 1)
                return usage_error("the network '{}' has the node '{}' twice", net.name, node);
        }
        if (net.nodes.size() == 1)
            return usage_error("the network '{}' has one node, {}: whom would it join?", net.name,
                               net.nodes.front());
    }
    return {};
}

} // namespace detail

} // namespace ktest
