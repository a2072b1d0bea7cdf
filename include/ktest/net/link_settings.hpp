#pragma once

#include <ktest/net/random_stream.hpp>

#include <chrono>
#include <cstdint>

namespace ktest {

// What can be wrong with every link of a network; each begins as nothing at all.

/// This share of the frames does not arrive.
struct frame_loss {
    probability share;
    friend auto operator==(frame_loss, frame_loss) -> bool = default;
};

/// This share arrives twice.
struct frame_duplication {
    probability share;
    friend auto operator==(frame_duplication, frame_duplication) -> bool = default;
};

/// This share is held up, so that what follows may overtake it.
struct frame_reordering {
    probability share;
    friend auto operator==(frame_reordering, frame_reordering) -> bool = default;
};

/// How long a frame is under way: `mean`, give or take up to `jitter`. Jitter alone reorders nothing.
struct frame_delay {
    std::chrono::nanoseconds mean{};
    std::chrono::nanoseconds jitter{}; ///< at most `mean`
    friend auto operator==(frame_delay, frame_delay) -> bool = default;
};

/// What the cable to each node carries.
struct link_rate {
    std::uint64_t bits_per_second = 0; ///< 0: as much as comes
    friend auto operator==(link_rate, link_rate) -> bool = default;
};

/// Which frames between two nodes a cut stops.
enum class cut_direction { both, one_way };

} // namespace ktest
