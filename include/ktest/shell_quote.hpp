#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

/// A word in single quotes, which any sh reads back as `word`.
inline auto sh_quoted(std::string_view word) -> std::string {
    std::string text = "'";
    for (auto const c : word) text += c == '\'' ? "'\\''" : std::string{c};
    return text + '\'';
}

/// A word that a shell reads back as `word`, quoted only where it must be, always in one line
/// (control characters take bash's `$'...'`).
inline auto shell_quote(std::string_view word) -> std::string {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
    auto const is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; };
    if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) return std::string{word};
    auto const controls = std::any_of(word.begin(), word.end(), is_control);
    std::string quoted = controls ? "$'" : "'";
    for (auto const c : word) {
        if (controls && is_control(c))
            quoted += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
        else if (controls && (c == '\'' || c == '\\'))
            (quoted += '\\') += c;
        else if (c == '\'')
            quoted += "'\\''";
        else
            quoted += c;
    }
    return quoted += '\'';
}

/// A command line that a shell reads back as `words`.
inline auto shell_quote(std::vector<std::string> const& words) -> std::string {
    std::string line;
    for (auto const& word : words) (line += line.empty() ? "" : " ") += shell_quote(std::string_view{word});
    return line;
}

} // namespace ktest
