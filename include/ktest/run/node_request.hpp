#pragma once

#include <ktest/guest/messages.hpp>
#include <ktest/report/printable.hpp>
#include <ktest/spec/deps_checks.hpp>
#include <ktest/spec/deps_syntax.hpp>

#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <variant>

namespace ktest {

// What a process of a node can ask for that concerns the others. Nodes are told by their place in the test.

struct barrier_request {
    std::string name;
    std::vector<std::size_t> nodes; ///< that meet there, in their order; the asking one is among them
};
struct send_request {
    std::string key, value;
};
struct wait_request {
    std::string key;
};
/// A piece of a file. The first has offset 0, and `put_end_request` comes after the last.
struct put_request {
    std::string name;
    std::uint64_t offset = 0;
    std::string data;
};
struct put_end_request {
    std::string name;
};
/// Asks for a piece of a file; offset 0 waits until there is one of this name.
struct get_request {
    std::size_t node = 0;
    std::string name;
    std::uint64_t offset = 0;
};
/// Waits no longer for what it asked for.
struct give_up_request {};

using node_request = std::variant<barrier_request, send_request, wait_request, put_request, put_end_request,
                                  get_request, give_up_request>;

namespace detail {

using named_nodes = std::vector<std::string>;
using request_result = result<node_request>;

inline auto check_request_word(std::string_view word, std::string_view what) -> result<void> {
    constexpr std::size_t most = 256;
    if (word.empty()) return usage_error("{} is empty", what);
    if (word.size() > most) return usage_error("{} has more than {} bytes", what, most);
    auto const rubbish = std::min(find_rubbish(word), word.find('\t'));
    if (rubbish == std::string_view::npos) return {};
    return usage_error("byte {} of {} (0x{:02x}) is not text", rubbish + 1, what,
                       static_cast<unsigned char>(word[rubbish]));
}

inline auto join_names(std::vector<std::size_t> const& some, named_nodes const& nodes) -> std::string {
    std::string joined;
    for (auto const node : some) joined += (joined.empty() ? "" : ", ") + nodes[node];
    return joined;
}

inline auto find_node(std::string_view word, named_nodes const& nodes) -> result<std::size_t> {
    if (auto text = check_request_word(word, "the node's name"); !text) return tl::unexpected{text.error()};
    auto const found = std::find(nodes.begin(), nodes.end(), word);
    if (found != nodes.end()) return static_cast<std::size_t>(found - nodes.begin());
    return usage_error("'{}' is no node (there are {}){}", shortened(word), fmt::join(nodes, ", "),
                       suggestion(word, nodes));
}

inline auto read_offset(std::string_view word) -> result<std::uint64_t> {
    std::uint64_t offset = 0;
    auto const read = std::from_chars(word.data(), word.data() + word.size(), offset);
    if (word.empty() || read.ec != std::errc{} || read.ptr != word.data() + word.size())
        return usage_error("'{}' is no offset in a file", printable_line(shortened(word)));
    return offset;
}

inline auto read_barrier(wire::request const& request, named_nodes const& nodes, std::size_t asking)
    -> request_result {
    auto const names = split_list(request.words[2]);
    if (!names) return usage_error("the nodes: {}", names.error().message);
    std::vector<bool> meets(nodes.size(), names->empty());
    for (auto const& name : *names) {
        auto const node = find_node(name, nodes);
        if (!node) return tl::unexpected{node.error()};
        meets[*node] = true;
    }
    barrier_request barrier{.name = request.words[1]};
    for (std::size_t node = 0; node < nodes.size(); ++node)
        if (meets[node]) barrier.nodes.push_back(node);
    if (!meets[asking])
        return usage_error("{} itself is not among those that are to meet there ({})", nodes[asking],
                           join_names(barrier.nodes, nodes));
    return barrier;
}

inline auto read_send(wire::request const& request, named_nodes const&, std::size_t) -> request_result {
    if (request.words[2].size() > wire::piece_limit)
        return usage_error("the value has more than {} bytes", wire::piece_limit);
    return send_request{request.words[1], request.words[2]};
}

inline auto read_wait(wire::request const& request, named_nodes const&, std::size_t) -> request_result {
    return wait_request{request.words[1]};
}

inline auto read_put(wire::request const& request, named_nodes const&, std::size_t) -> request_result {
    if (request.data.size() > wire::piece_limit)
        return usage_error("the piece has more than {} bytes", wire::piece_limit);
    return read_offset(request.words[2]).map([&](std::uint64_t offset) -> node_request {
        return put_request{request.words[1], offset, request.data};
    });
}

inline auto read_put_end(wire::request const& request, named_nodes const&, std::size_t) -> request_result {
    return put_end_request{request.words[1]};
}

inline auto read_get(wire::request const& request, named_nodes const& nodes, std::size_t) -> request_result {
    auto const node = find_node(request.words[1], nodes);
    if (!node) return tl::unexpected{node.error()};
    if (auto text = check_request_word(request.words[2], "the file's name"); !text)
        return tl::unexpected{text.error()};
    return read_offset(request.words[3]).map([&](std::uint64_t offset) -> node_request {
        return get_request{*node, request.words[2], offset};
    });
}

inline auto read_give_up(wire::request const&, named_nodes const&, std::size_t) -> request_result {
    return give_up_request{};
}

struct request_rule {
    std::string_view name;
    std::size_t words;
    std::string_view first; ///< what the first of its arguments is
    request_result (*read)(wire::request const&, named_nodes const&, std::size_t asking);
};

constexpr std::array request_rules{
    request_rule{"barrier", 3, "the barrier's name", read_barrier},
    request_rule{"send", 3, "the key", read_send},
    request_rule{"wait", 2, "the key", read_wait},
    request_rule{"put", 3, "the file's name", read_put},
    request_rule{"put-end", 2, "the file's name", read_put_end},
    request_rule{"get", 4, "the node's name", read_get},
    request_rule{"give-up", 1, "", read_give_up},
};

} // namespace detail

/// Reads what a process of the node `asking` says, which may be anything. An error is for that process.
inline auto read_node_request(wire::request const& request, std::vector<std::string> const& nodes,
                              std::size_t asking) -> result<node_request> {
    auto const& words = request.words;
    auto const* const rule =
        std::find_if(detail::request_rules.begin(), detail::request_rules.end(),
                     [&](auto const& one) { return !words.empty() && one.name == words[0]; });
    if (rule == detail::request_rules.end())
        return usage_error("'{}' is nothing that the host knows",
                           words.empty() ? "" : printable_line(detail::shortened(words[0])));
    if (words.size() != rule->words)
        return usage_error("{}: {} words (want {})", rule->name, words.size(), rule->words);
    if (words.size() > 1)
        if (auto text = detail::check_request_word(words[1], rule->first); !text)
            return tl::unexpected{text.error()};
    return rule->read(request, nodes, asking);
}

} // namespace ktest
