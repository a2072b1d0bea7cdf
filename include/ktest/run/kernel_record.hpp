#pragma once

#include <fmt/core.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ktest {

/// One record of the kernel's log, as /dev/kmsg gives it (Documentation/ABI/testing/dev-kmsg).
struct kernel_record {
    unsigned level = 0; ///< 0 emergency ... 7 debug
    std::uint64_t sequence = 0;
    std::uint64_t microseconds = 0;
    std::string text;   ///< may hold newlines
    std::string caller; ///< `T123` or `C0`; empty: the kernel does not say
    friend auto operator==(kernel_record const&, kernel_record const&) -> bool = default;
};

namespace detail {

/// The kernel escapes what is not plain text as \xHH; what is harmless of it comes back: tabs, newlines and
/// backslashes.
inline auto unescape_record(std::string_view text) -> std::string {
    std::string plain;
    while (!text.empty()) {
        auto const code = text.substr(0, 4);
        auto const letter = code == "\\x09" ? '\t' : code == "\\x0a" ? '\n' : code == "\\x5c" ? '\\' : '\0';
        plain += letter != '\0' ? letter : text.front();
        text.remove_prefix(letter != '\0' ? code.size() : 1);
    }
    return plain;
}

} // namespace detail

/// `level,sequence,microseconds,flags[,...];text`; the lines that begin with a blank after it (its
/// dictionary) are left out. nullopt: not a record.
inline auto parse_kernel_record(std::string_view line) -> std::optional<kernel_record> {
    auto const text = line.find(';');
    if (text == std::string_view::npos) return std::nullopt;
    kernel_record record;
    auto const* at = line.data();
    auto const* const end = line.data() + text;
    unsigned priority = 0;
    auto const number = [&](auto& into) {
        auto const [next, failed] = std::from_chars(at, end, into);
        at = next == end ? end : next + 1;
        return failed == std::errc{} && (next == end || *next == ',');
    };
    if (!number(priority) || !number(record.sequence) || !number(record.microseconds)) return std::nullopt;
    record.level = priority & 7U;
    constexpr std::string_view speaks = ",caller=";
    auto const head = line.substr(0, text);
    if (auto const said = head.find(speaks); said != std::string_view::npos) {
        auto const caller = head.substr(said + speaks.size());
        record.caller = caller.substr(0, caller.find(','));
    }
    record.text = detail::unescape_record(line.substr(text + 1));
    return record;
}

/// As the console prints it: `[    1.234567] text` or `[    1.234567][   T12] text`, further lines of the
/// text indented.
inline auto to_string(kernel_record const& record) -> std::string {
    auto time = fmt::format("[{:5}.{:06}]", record.microseconds / 1'000'000, record.microseconds % 1'000'000);
    if (!record.caller.empty()) time += fmt::format("[{:>6}]", record.caller);
    time += ' ';
    auto shown = time;
    for (auto const letter : record.text) {
        shown += letter;
        if (letter == '\n') shown.append(time.size(), ' ');
    }
    return shown;
}

} // namespace ktest
