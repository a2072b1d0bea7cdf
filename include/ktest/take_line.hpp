#pragma once

#include <algorithm>
#include <string_view>

namespace ktest {

/// Takes the first line from `text` and gives it without its newline; the last one needs none.
inline auto take_line(std::string_view& text) -> std::string_view {
    auto const line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
}

} // namespace ktest
