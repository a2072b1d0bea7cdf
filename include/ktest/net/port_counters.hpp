#pragma once

#include <cstdint>

namespace ktest {

/// What went through one port of a switch, seen from the switch; frames, where it does not say bytes.
struct port_counters {
    std::uint64_t frames_in = 0, bytes_in = 0; ///< that the node sent
    std::uint64_t malformed = 0;               ///< of these: too short or too long, dropped
    std::uint64_t frames_out = 0, bytes_out = 0;

    // What did not get to the node, or not as it was sent:
    std::uint64_t full = 0; ///< dropped, for the node takes frames more slowly than they come
    std::uint64_t gone = 0; ///< dropped, for the node has closed its end
    std::uint64_t lost = 0, cut = 0, duplicated = 0, reordered = 0; ///< by the network's faults
    std::uint64_t crowded = 0;                                      ///< dropped before a link of limited rate
    friend auto operator==(port_counters const&, port_counters const&) -> bool = default;
};

} // namespace ktest
