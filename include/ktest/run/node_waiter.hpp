#pragma once

#include <ktest/run/node_process.hpp>
#include <ktest/run/node_request.hpp>

namespace ktest::detail {

using awaited = std::variant<barrier_request, wait_request, get_request>;

/// A process that waits for other nodes.
struct node_waiter {
    node_process who;
    awaited what;
};

/// Nodes that have come to a barrier; all who wait at one of its name have named the same nodes.
inline auto who_came(barrier_request const& barrier, std::vector<node_waiter> const& waiting)
    -> std::vector<std::size_t> {
    std::vector<std::size_t> nodes;
    for (auto const& [who, what] : waiting) {
        auto const* const there = std::get_if<barrier_request>(&what);
        if (there != nullptr && there->name == barrier.name) nodes.push_back(who.node);
    }
    return nodes;
}

inline auto who_is_missing(barrier_request const& barrier, std::vector<node_waiter> const& waiting)
    -> std::vector<std::size_t> {
    auto const came = who_came(barrier, waiting);
    auto nodes = barrier.nodes;
    std::erase_if(nodes, [&](auto node) { return std::count(came.begin(), came.end(), node) != 0; });
    return nodes;
}

/// Why `one` waits, if it is told when its time is up.
inline auto not_yet(node_waiter const& one, std::vector<node_waiter> const& waiting, named_nodes const& nodes)
    -> std::string {
    if (auto const* const barrier = std::get_if<barrier_request>(&one.what))
        return fmt::format("{} came, {} did not", join_names(who_came(*barrier, waiting), nodes),
                           join_names(who_is_missing(*barrier, waiting), nodes));
    if (auto const* const file = std::get_if<get_request>(&one.what))
        return fmt::format("{} has not put it", nodes[file->node]);
    return "nobody has sent it";
}

/// `the barrier 'data' for client`
inline auto describe(awaited const& what, std::vector<node_waiter> const& waiting, named_nodes const& nodes)
    -> std::string {
    if (auto const* const barrier = std::get_if<barrier_request>(&what))
        return fmt::format("at the barrier '{}' for {}", shortened(barrier->name),
                           join_names(who_is_missing(*barrier, waiting), nodes));
    if (auto const* const file = std::get_if<get_request>(&what))
        return fmt::format("for the file '{}' of {}", shortened(file->name), nodes[file->node]);
    return fmt::format("for the key '{}'", shortened(std::get<wait_request>(what).key));
}

/// `server waits at the barrier 'data' for client; ...`
inline auto describe(std::vector<node_waiter> const& waiting, named_nodes const& nodes) -> std::string {
    constexpr std::size_t most = 8;
    std::string all;
    for (std::size_t i = 0; i < waiting.size() && i < most; ++i)
        all += fmt::format("{}{} waits {}", i == 0 ? "" : "; ", nodes[waiting[i].who.node],
                           describe(waiting[i].what, waiting, nodes));
    if (waiting.size() > most) all += fmt::format("; {} more wait", waiting.size() - most);
    return all;
}

} // namespace ktest::detail
