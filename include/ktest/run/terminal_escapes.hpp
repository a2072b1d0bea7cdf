#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace ktest {

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

} // namespace ktest
