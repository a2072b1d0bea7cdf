#pragma once

#include <ktest/run/log_date.hpp>

#include <algorithm>
#include <array>
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

/// `[    1.234567]`, with dmesg -d `[    1.234567 <    0.000010>]`: the time since boot.
inline auto take_time(std::string_view& text, log_line& line) -> bool {
    // Most lines of most logs come through here: letter by letter it is twice as fast.
    std::size_t at = 1;
    std::uint64_t time = 0;
    if (!text.starts_with('[')) return false;
    while (at < text.size() && text[at] == ' ') ++at;
    auto const seconds = at;
    for (; at < text.size() && is_digit(text[at]); ++at)
        time = time * 10 + static_cast<std::uint64_t>(text[at] - '0');
    if (at == seconds || at == text.size() || text[at] != '.') return false;
    auto const fraction = ++at;
    for (; at < text.size() && is_digit(text[at]); ++at)
        time = time * 10 + static_cast<std::uint64_t>(text[at] - '0');
    if (at - fraction != 6) return false;
    auto rest = text.substr(at);
    if (!take(rest, ']') && !(take(rest, ' ') && take_delta(rest) && take(rest, ']'))) return false;
    line.microseconds = time;
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

/// `kern  :warn  : `: dmesg -x.
inline auto take_facility(std::string_view& text) -> bool {
    constexpr std::size_t size = 15;
    if (text.size() < size || text[6] != ':' || text[13] != ':' || text[14] != ' ') return false;
    constexpr auto levels = std::to_array<std::string_view>(
        {"emerg ", "alert ", "crit  ", "err   ", "warn  ", "notice", "info  ", "debug "});
    if (std::find(levels.begin(), levels.end(), text.substr(7, 6)) == levels.end()) return false;
    text.remove_prefix(size);
    return true;
}

/// `host kernel: `
inline auto take_host(std::string_view& text) -> bool {
    constexpr std::string_view who = " kernel: ";
    auto const end = text.find(' ');
    if (end == 0 || text.size() - std::min(end, text.size()) < who.size() || text[end + 1] != who[1]
        || text.substr(end, who.size()) != who)
        return false;
    text.remove_prefix(end + who.size());
    return true;
}

/// What stands before a line but for the kernel's own prefixes: all of it is at the line's beginning.
inline auto take_collector(std::string_view& text) -> bool {
    if (text.empty() || (!is_letter(text.front()) && !is_digit(text.front()))) return false;
    auto rest = text;
    // gh run view --log: `job\tstep\tdate `
    if (auto const step = text.find('\t'); step != std::string_view::npos)
        if (auto const date = text.find('\t', step + 1); date != std::string_view::npos)
            if (auto dated = text.substr(date + 1); take_iso(dated)) rest = text.substr(date + 1);
    if (take_iso(rest)) {
        take(rest, ' ');
        // GitLab's: `00O `, `01E+`
        if (auto stream = rest; take_shape(stream, "00O") || take_shape(stream, "00E"))
            if (take(stream, ' ') || take(stream, '+')) rest = stream;
    } else if (take_loggers_date(rest)) {
        take(rest, ' ');
    } else {
        return false;
    }
    auto behind = rest; // busybox's: `host kern.warn kernel: `
    behind.remove_prefix(std::min(rest.find(' '), rest.size()));
    if (!take_host(rest) && take(behind, ' ') && take_host(behind)) rest = behind;
    text = rest;
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

} // namespace detail::log_prefix

/// Reads one line of a console, of dmesg, of syslog or of /dev/kmsg; views into it, and no escapes.
inline auto parse_log_line(std::string_view raw) -> log_line {
    using namespace detail::log_prefix;
    log_line line{.text = raw};
    auto& text = line.text;
    if (!text.starts_with('[')) {
        line.prefixed = take_record(text, line);
        line.prefixed |= take_facility(text);
        line.prefixed |= take_collector(text);
    }
    auto timed = false;
    while (!text.empty()) {
        auto const first = text.front();
        if (first == '[') {
            auto const time = take_time(text, line) || take_bracketed_date(text);
            timed = timed || time;
            if (!time && !take_caller(text, line)) break;
            take(text, ' '); // one: the others are the text's own indentation
            // journalctl -o short-monotonic; of the kernel's own lines most begin otherwise
            if (time && !text.empty() && text.front() >= 'a') take_host(text);
        } else if (!(first == '<' && take_priority(text)) && !(first == '*' && take_dropped(text))) {
            break;
        }
        line.prefixed = true;
    }
    if (!timed && !line.microseconds)
        if (auto const at = find_time(text); at != std::string_view::npos)
            return parse_log_line(text.substr(at));
    return line;
}

} // namespace ktest
