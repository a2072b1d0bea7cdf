#pragma once

#include <ktest/result.hpp>
#include <ktest/spec/shortened.hpp>

#include <algorithm>
#include <regex>
#include <string>
#include <string_view>

namespace ktest {

namespace detail {

/// A number behind `{`, `,` or a backslash that is greater than POSIX lets a repetition be (RE_DUP_MAX), and
/// that libstdc++ would compute with all the same; empty: there is none.
inline auto excessive_number(std::string_view pattern) -> std::string_view {
    constexpr std::string_view digits = "0123456789";
    constexpr std::string_view most = "255";
    for (std::size_t at = 0; at + 1 < pattern.size(); ++at) {
        if (pattern[at] == '\\' && digits.find(pattern[at + 1]) == pattern.npos) {
            ++at; // a character as it is
            continue;
        }
        if (pattern[at] != '\\' && pattern[at] != '{' && pattern[at] != ',') continue;
        auto const from = at + 1;
        auto const number =
            pattern.substr(from, std::min(pattern.find_first_not_of(digits, from), pattern.size()) - from);
        if (number.size() > most.size() || (number.size() == most.size() && number > most)) return number;
    }
    return {};
}

} // namespace detail

/// A regular expression (ECMAScript's, without back-references) that is searched for in polynomial time.
inline auto read_pattern(std::string_view text) -> result<std::regex> {
    constexpr std::size_t longest = 1000;
    if (text.size() > longest) return usage_error("'{}' is too long a pattern", detail::shortened(text));
    if (auto const number = detail::excessive_number(text); !number.empty())
        return usage_error("'{}' is not a regular expression: the number {} in it is too great",
                           detail::shortened(text), detail::shortened(number));
    try {
        // Without it libstdc++ tries one way after the other, and `(a*)*b` has more of them than time has
        // seconds.
        return std::regex{std::string{text},
                          std::regex_constants::ECMAScript | std::regex_constants::__polynomial};
    } catch (std::regex_error const& wrong) {
        return usage_error("'{}' is not a regular expression: {}", detail::shortened(text), wrong.what());
    }
}

} // namespace ktest
