#pragma once

#include <ktest/run/guest_outcome.hpp>

#include <chrono>
#include <optional>

namespace ktest {

/// When a run got where, on one clock.
struct run_times {
    using clock = std::chrono::steady_clock;

    clock::time_point begun, ended;
    std::optional<clock::time_point> ready, started, decided; ///< none: it did not get there

    /// Into what is known of the run: a VM that is held after its verdict costs the test nothing.
    void write_to(guest_outcome& outcome) const {
        auto const end = decided.value_or(ended);
        outcome.total = end - begun;
        if (ready) outcome.boot = *ready - begun;
        if (started) outcome.test = end - *started;
    }
};

} // namespace ktest
