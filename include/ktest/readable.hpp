#pragma once

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>

#include <poll.h>

namespace ktest {

using deadline = std::chrono::steady_clock::time_point;

/// Waits until one of two descriptors is readable, or at its end; -1 is none. False when the time is up
/// first.
inline auto wait_readable(std::array<int, 2> descriptors, std::optional<deadline> until) -> bool {
    std::array waited{pollfd{descriptors[0], POLLIN, 0}, pollfd{descriptors[1], POLLIN, 0}};
    for (;;) {
        auto wait = -1;
        if (until) {
            auto const left =
                std::chrono::ceil<std::chrono::milliseconds>(*until - deadline::clock::now()).count();
            wait = left < 0 ? 0 : left > 1'000'000 ? 1'000'000 : static_cast<int>(left);
        }
        auto const events = ::poll(waited.data(), waited.size(), wait);
        if (events > 0) return true;
        if (events < 0 && errno != EINTR) return false;
        if (until && deadline::clock::now() >= *until) return false;
    }
}

} // namespace ktest
