#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace ktest {

namespace detail {

/// N, where `text` reads `<before>N<after>...`
inline auto number_between(std::string_view text, std::string_view before, std::string_view after)
    -> std::optional<unsigned> {
    if (text.substr(0, before.size()) != before) return std::nullopt;
    text.remove_prefix(before.size());
    unsigned number = 0;
    auto const [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    if (error != std::errc{} || number == 0 || text.substr(0, after.size()) != after) return std::nullopt;
    return number;
}

inline auto script_line_in(std::string_view line, std::string_view script) -> std::optional<unsigned> {
    for (auto at = line.find(script); at != std::string_view::npos; at = line.find(script, at + 1)) {
        auto const before = at == 0 ? '/' : line[at - 1];
        auto const rest = line.substr(at + script.size());
        if (before == '"' || before == '/')
            if (auto const python = number_between(rest, "\", line ", "")) return python;
        if (before != '/') continue;
        if (auto const bash = number_between(rest, ": line ", ":")) return bash;
        if (auto const dash = number_between(rest, ": ", ": ")) return dash;
        if (auto const editors = number_between(rest, ":", ":")) return editors;
    }
    return std::nullopt;
}

} // namespace detail

/// The last line of the script `name` (no directory) that the test's output complains about, as bash
/// (`./x: line 17: `), dash (`./x: 17: `), Python (`File "./x", line 17`) and editors (`x:17:`) write it.
inline auto last_script_line(std::string_view output, std::string_view name) -> std::optional<unsigned> {
    if (name.empty()) return std::nullopt;
    for (auto end = output.size();;) {
        auto const newline = end == 0 ? std::string_view::npos : output.rfind('\n', end - 1);
        auto const begin = newline == std::string_view::npos ? 0 : newline + 1;
        if (auto const found = detail::script_line_in(output.substr(begin, end - begin), name)) return found;
        if (begin == 0) return std::nullopt;
        end = newline;
    }
}

} // namespace ktest
