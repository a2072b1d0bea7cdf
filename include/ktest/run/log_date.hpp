#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

// The dates that dmesg, loggers and collectors of consoles' output put before a line. None of them is the
// time since boot.

namespace ktest::detail::log_prefix {

inline auto is_digit(char letter) -> bool { return letter >= '0' && letter <= '9'; }
inline auto is_letter(char letter) -> bool { return (letter | 0x20) >= 'a' && (letter | 0x20) <= 'z'; }

/// Removes `digits` and gives how many there were.
inline auto take_number(std::string_view& text, std::uint64_t& number) -> std::size_t {
    std::size_t size = 0;
    for (number = 0; size < text.size() && is_digit(text[size]); ++size)
        number = number * 10 + static_cast<std::uint64_t>(text[size] - '0');
    text.remove_prefix(size);
    return size;
}

inline auto take_digits(std::string_view& text) -> std::size_t {
    std::uint64_t ignored = 0;
    return take_number(text, ignored);
}

inline auto take(std::string_view& text, std::string_view what) -> bool {
    if (!text.starts_with(what)) return false;
    text.remove_prefix(what.size());
    return true;
}

inline auto take(std::string_view& text, char letter) -> bool {
    if (!text.starts_with(letter)) return false;
    text.remove_prefix(1);
    return true;
}

inline void take_blanks(std::string_view& text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
}

/// Removes what looks like `shape`: `a` there is a letter, `0` a digit or a blank, the rest is itself.
inline auto take_shape(std::string_view& text, std::string_view shape) -> bool {
    if (text.size() < shape.size()) return false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        auto const letter = text[i];
        if (shape[i] == 'a'   ? !is_letter(letter)
            : shape[i] == '0' ? !is_digit(letter) && letter != ' '
                              : letter != shape[i])
            return false;
    }
    text.remove_prefix(shape.size());
    return true;
}

/// `<    0.000010>`: dmesg -d.
inline auto take_delta(std::string_view& text) -> bool {
    auto rest = text;
    if (!take(rest, '<')) return false;
    take_blanks(rest);
    if (take_digits(rest) == 0 || !take(rest, '.') || take_digits(rest) == 0 || !take(rest, '>'))
        return false;
    text = rest;
    return true;
}

/// `2026-11-29T05:30:00,123456+00:00` and its kin.
inline auto take_iso(std::string_view& text) -> bool {
    auto rest = text;
    if (!take_shape(rest, "0000-00-00") || !(take(rest, 'T') || take(rest, ' '))
        || !take_shape(rest, "00:00:00"))
        return false;
    if (take(rest, '.') || take(rest, ',')) take_digits(rest);
    if (!take(rest, 'Z') && (rest.starts_with('+') || rest.starts_with('-')))
        (void)(take_shape(rest, "+00:00") || take_shape(rest, "-00:00") || take_shape(rest, "+0000")
               || take_shape(rest, "-0000"));
    if (!rest.empty() && rest.front() != ' ' && rest.front() != ']') return false;
    text = rest;
    return true;
}

/// `[Mon Jan  1 12:00:00 2024]`, `[Jan01 12:00]`, `[  +0.000010]`, `[<    0.000010>]`,
/// `[2024-01-01T12:00:00Z]`: dmesg -T, -H and -td, Jenkins.
inline auto take_bracketed_date(std::string_view& text) -> bool {
    auto rest = text;
    if (!take(rest, '[')) return false;
    if (take_shape(rest, "aaa aaa 00 00:00:00 0000")) {
        if (auto const delta = rest.substr(std::min<std::size_t>(rest.size(), 1)); rest.starts_with(" <")) {
            rest = delta;
            if (!take_delta(rest)) return false;
        }
    } else if (!take_shape(rest, "aaa00 00:00") && !take_delta(rest) && !take_iso(rest)) {
        take_blanks(rest);
        if (!take(rest, '+') || take_digits(rest) == 0 || !take(rest, '.') || take_digits(rest) != 6)
            return false;
    }
    if (!take(rest, ']')) return false;
    text = rest;
    return true;
}

/// `Jan  1 12:00:00`, `Mon 2024-01-01 12:00:00 UTC`, `1704110400.123456`: syslog and journalctl.
inline auto take_loggers_date(std::string_view& text) -> bool {
    auto rest = text;
    if (take_shape(rest, "aaa 00 00:00:00")) {
        if (take(rest, '.')) take_digits(rest);
    } else if (take_shape(rest, "aaa 0000-")) {
        rest = text.substr(4);
        if (!take_iso(rest) || !take(rest, ' ')) return false;
        rest.remove_prefix(std::min(rest.find(' '), rest.size()));
    } else if (take_digits(rest) < 9 || !take(rest, '.') || take_digits(rest) != 6) {
        return false;
    }
    if (!rest.starts_with(' ')) return false;
    text = rest;
    return true;
}

} // namespace ktest::detail::log_prefix
