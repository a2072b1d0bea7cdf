#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace ktest {

/// A process in a node, which is told by its place in the test. While the process lives, no other there has
/// its number.
struct node_process {
    std::size_t node = 0;
    std::uint32_t number = 0;
    friend auto operator<=>(node_process, node_process) = default;
};

} // namespace ktest
