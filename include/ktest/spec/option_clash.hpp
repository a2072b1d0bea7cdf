#pragma once

#include <ktest/spec/test_spec.hpp>

#include <string>
#include <utility>
#include <vector>

namespace ktest {

/// As CONFIG has it: `BCACHE`, `BCACHE=y`, `OLD/NEW=m`.
inline auto to_string(kernel_option const& option) -> std::string {
    std::string text;
    for (auto const& name : option.names) text += (text.empty() ? "" : "/") + name;
    return option.value ? text + '=' + *option.value : text;
}

/// Whether no kernel can have both: two values of one option; a bare name is content with anything but n.
inline auto clash(kernel_option const& one, kernel_option const& other) -> bool {
    return one.names == other.names && one.value != other.value
           && (one.value && other.value ? true : one.value.value_or(other.value.value_or("")) == "n");
}

/// The first two of `options` that clash, the later one first; none: a null pair.
inline auto find_clash(std::vector<kernel_option> const& options)
    -> std::pair<kernel_option const*, kernel_option const*> {
    for (auto const& one : options)
        for (auto const* other = options.data(); other != &one; ++other)
            if (clash(one, *other)) return {&one, other};
    return {};
}

} // namespace ktest
