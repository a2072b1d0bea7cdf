#pragma once

#include <algorithm>
#include <string_view>

namespace ktest {

/// Whether `text` starts with one of many; none of them is empty.
template<class Starts>
auto begins_with_any(std::string_view text, Starts const& starts) -> bool {
    return !text.empty() && std::any_of(starts.begin(), starts.end(), [&](std::string_view start) {
        return start.front() == text.front() && text.starts_with(start);
    });
}

} // namespace ktest
