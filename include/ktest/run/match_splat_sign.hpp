#pragma once

#include <ktest/run/is_word.hpp>
#include <ktest/run/phrase_search.hpp>
#include <ktest/run/splat_signs.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace ktest {

/// Lines that only repeat what others wrote: the kernel's command line, what services say.
inline constexpr auto quoting_lines = std::to_array<std::string_view>(
    {"Command line: ", "Kernel command line: ", "Unknown kernel command line", "audit: "});

namespace detail {

/// Whether a process has written what comes behind: `name[123]: `.
inline auto names_process(std::string_view before) -> bool {
    for (auto end = before.find("]: "); end != std::string_view::npos; end = before.find("]: ", end + 1)) {
        auto const name = before.substr(0, end);
        auto const digits = name.find_last_not_of("0123456789");
        if (digits != std::string_view::npos && digits > 0 && digits + 1 < end && name[digits] == '['
            && name[digits - 1] != ' ')
            return true;
    }
    return false;
}

} // namespace detail

/// The sign by which a line's text begins a report; nullptr: it begins none.
inline auto match_splat_sign(std::string_view text) -> splat_sign const* {
    static auto const phrases = [] {
        std::vector<std::string_view> list;
        for (auto const& rule : splat_signs) list.push_back(rule.phrase);
        return phrase_search{list};
    }();
    auto const stands = [&](splat_sign const& rule, std::size_t at) {
        auto const before = text.substr(0, at);
        if (rule.where == phrase_place::counted) {
            auto const after = text.substr(at + rule.phrase.size());
            return !after.empty() && after.front() >= '0' && after.front() <= '9';
        }
        if (rule.where == phrase_place::anywhere)
            return before.empty() || !detail::is_word(before.back()) || !detail::is_word(rule.phrase.front());
        return before.empty() || before.ends_with(": ") || before.ends_with("[ ");
    };
    constexpr std::size_t longest = 1024; // the kernel's own limit of a line
    auto best = splat_signs.size();
    std::size_t begins = 0;
    phrases.search(text, [&](std::size_t index, std::size_t at) {
        auto const& rule = splat_signs[index];
        if (index >= best || !stands(rule, at)) return;
        auto const behind = text.substr(at + rule.phrase.size(), longest);
        if (behind.find(rule.then) == std::string_view::npos) return;
        auto const excused = std::any_of(rule.unless.begin(), rule.unless.end(), [&](std::string_view other) {
            return !other.empty() && text.find(other) != std::string_view::npos;
        });
        if (excused) return;
        best = index;
        begins = at;
    });
    if (best == splat_signs.size()) return nullptr;
    auto const quotes = std::any_of(quoting_lines.begin(), quoting_lines.end(),
                                    [&](std::string_view start) { return text.starts_with(start); });
    return quotes || detail::names_process(text.substr(0, begins)) ? nullptr : &splat_signs[best];
}

} // namespace ktest
