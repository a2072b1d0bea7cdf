#pragma once

#include "catch.hpp"
#include <ktest/run/rendezvous.hpp>

namespace ktest {

/// What the tests of rendezvous say in its words: `server` is node 0, `client` 1, `peer` 2, and each has one
/// process unless a number is given.
struct three_nodes {
    rendezvous meeting{{"server", "client", "peer"}, std::filesystem::temp_directory_path()};

    auto ask(std::size_t node, std::vector<std::string> words, std::string data = {},
             std::uint32_t number = 1) -> std::vector<std::string> {
        return texts(meeting.ask(node, {number, std::move(words), std::move(data)}));
    }
    auto end(std::size_t node, std::string_view cause) -> std::vector<std::string> {
        return texts(meeting.ended(node, cause));
    }

    /// `1.1 ok`, `0.1 ok: TEXT`, `2.1 no: WHY`: node and number, sorted; a piece of a file stands in
    /// brackets.
    static auto texts(std::vector<node_answer> const& answers) -> std::vector<std::string> {
        std::vector<std::string> all;
        for (auto const& [node, said] : answers)
            all.push_back(fmt::format("{}.{} {}{}{}{}", node, said.number, said.status == 0 ? "ok" : "no",
                                      said.text.empty() ? "" : ": ", said.text,
                                      said.data.empty() ? "" : " [" + said.data + ']'));
        std::sort(all.begin(), all.end());
        return all;
    }
};

using texts = std::vector<std::string>;
inline texts const no_answer; ///< yet

} // namespace ktest
