#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ktest {

/// A line of the kernel's log without what printk, consoles and loggers put before its text.
struct log_line {
    std::string_view text;
    std::string_view caller;                   ///< `T123` or `C0`; empty where it is not said
    std::optional<std::uint64_t> microseconds; ///< since boot
    bool record = false;                       ///< of /dev/kmsg: `\x0a` is a newline
    bool prefixed = false;                     ///< something stood before the text
};

namespace detail::log_prefix {

inline auto is_digit(char letter) -> bool { return letter >= '0' && letter <= '9'; }

/// Removes `digits` and gives how many there were.
inline auto take_number(std::string_view& text, std::uint64_t& number) -> std::size_t {
    std::size_t size = 0;
    for (number = 0; size < text.size() && is_digit(text[size]); ++size)
        number = number * 10 + static_cast<std::uint64_t>(text[size] - '0');
    text.remove_prefix(size);
    return size;
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

/// `[    1.234567]`: the time since boot.
inline auto take_time(std::string_view& text, log_line& line) -> bool {
    auto rest = text;
    std::uint64_t seconds = 0, fraction = 0;
    if (!take(rest, '[')) return false;
    take_blanks(rest);
    if (take_number(rest, seconds) == 0 || !take(rest, '.') || take_number(rest, fraction) != 6
        || !take(rest, ']'))
        return false;
    line.microseconds = seconds * 1'000'000 + fraction;
    text = rest;
    return true;
}

/// `[T123]`, `[    C0]`: the task or processor that speaks (CONFIG_PRINTK_CALLER).
inline auto take_caller(std::string_view& text, log_line& line) -> bool {
    auto rest = text;
    if (!take(rest, '[')) return false;
    take_blanks(rest);
    auto const name = rest;
    std::uint64_t number = 0;
    if (!take(rest, 'T') && !take(rest, 'C')) return false;
    auto const digits = take_number(rest, number);
    if (digits == 0 || !take(rest, ']')) return false;
    line.caller = name.substr(0, digits + 1);
    text = rest;
    return true;
}

/// `<4>`: the priority.
inline auto take_priority(std::string_view& text) -> bool {
    auto rest = text;
    std::uint64_t number = 0;
    if (!take(rest, '<')) return false;
    auto const digits = take_number(rest, number);
    if (digits == 0 || digits > 4 || !take(rest, '>')) return false;
    text = rest;
    return true;
}

/// `** 12 printk messages dropped **`, alone or before the line that came next.
inline auto take_dropped(std::string_view& text) -> bool {
    auto rest = text;
    std::uint64_t number = 0;
    if (!take(rest, "** ") || take_number(rest, number) == 0 || !take(rest, " printk messages dropped **"))
        return false;
    take_blanks(rest);
    text = rest;
    return true;
}

/// `[Mon Jan  1 12:00:00 2024]`: dmesg -T.
inline auto take_date(std::string_view& text) -> bool {
    constexpr std::string_view example = "[Mon Jan  1 12:00:00 2024]";
    if (text.size() < example.size() || text[example.size() - 1] != ']') return false;
    for (auto const place :
         {std::size_t{0}, std::size_t{4}, std::size_t{8}, std::size_t{14}, std::size_t{17}, std::size_t{20}})
        if (text[place] != example[place]) return false;
    text.remove_prefix(example.size());
    return true;
}

/// `4,339,5140900,-,caller=T1;`: a record of /dev/kmsg.
inline auto take_record(std::string_view& text, log_line& line) -> bool {
    auto rest = text;
    std::uint64_t number = 0, time = 0;
    if (take_number(rest, number) == 0 || !take(rest, ',') || take_number(rest, number) == 0
        || !take(rest, ',') || take_number(rest, time) == 0 || !take(rest, ','))
        return false;
    auto const end = rest.find(';');
    if (end == std::string_view::npos) return false;
    constexpr std::string_view key = "caller=";
    if (auto const at = rest.substr(0, end).find(key); at != std::string_view::npos) {
        auto const value = rest.substr(at + key.size(), end - at - key.size());
        line.caller = value.substr(0, value.find(','));
    }
    line.microseconds = time;
    line.record = true;
    text = rest.substr(end + 1);
    return true;
}

/// `Jan  1 12:00:00 host kernel: `, `2024-01-01T12:00:00+0000 host kernel: `: syslog and journalctl.
inline auto take_logger(std::string_view& text) -> bool {
    auto const is_letter = [&](std::size_t i) { return (text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z'; };
    if (text.size() < 16) return false;
    auto const named = is_letter(0) && is_letter(1) && is_letter(2) && text[3] == ' ' && text[6] == ' '
                       && text[9] == ':' && text[12] == ':';
    auto const numbered = is_digit(text[0]) && text[4] == '-' && text[7] == '-' && text[13] == ':';
    if (!named && !numbered) return false;
    constexpr std::string_view who = " kernel: ";
    auto const at = text.substr(0, 120).find(who);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + who.size());
    return true;
}

/// A time of the kernel's further on in the line: somebody else had begun it, and got no newline in.
inline auto find_time(std::string_view text) -> std::size_t {
    constexpr std::size_t shortest = 10; // [0.123456]
    log_line ignored;
    for (auto at = text.find('['); at != std::string_view::npos && text.size() - at >= shortest;
         at = text.find('[', at + 1))
        if (auto rest = text.substr(at); take_time(rest, ignored)) return at;
    return std::string_view::npos;
}

/// Control sequences of terminals (ECMA-48) out of a line.
inline auto without_escapes(std::string_view line) -> std::string {
    std::string plain;
    while (!line.empty()) {
        auto const escape = line.find('\x1b');
        plain += line.substr(0, escape);
        if (escape == std::string_view::npos) break;
        line.remove_prefix(escape + 1);
        if (line.empty()) break;
        auto const has_arguments = line.front() == '[';
        line.remove_prefix(1);
        if (!has_arguments) continue;
        auto const end =
            std::find_if(line.begin(), line.end(), [](char c) { return c >= 0x40 && c <= 0x7e; });
        line.remove_prefix(std::min(line.size(), static_cast<std::size_t>(end - line.begin()) + 1));
    }
    return plain;
}

} // namespace detail::log_prefix

/// Reads one line of a console, of dmesg, of syslog or of /dev/kmsg; views into it, and no escapes.
inline auto parse_log_line(std::string_view raw) -> log_line {
    using namespace detail::log_prefix;
    log_line line{.text = raw};
    auto& text = line.text;
    if (take_record(text, line) || take_logger(text)) line.prefixed = true;
    auto timed = false;
    for (;;) {
        auto const time = take_time(text, line) || take_date(text);
        timed = timed || time;
        if (time || take_caller(text, line))
            take(text, ' '); // one: the others are the text's own indentation
        else if (!take_priority(text) && !take_dropped(text))
            break;
        line.prefixed = true;
    }
    if (!timed && !line.microseconds)
        if (auto const at = find_time(text); at != std::string_view::npos)
            return parse_log_line(text.substr(at));
    return line;
}

} // namespace ktest
