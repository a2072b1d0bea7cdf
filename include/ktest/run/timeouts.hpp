#pragma once

#include <ktest/vm/accelerator.hpp>

#include <chrono>
#include <optional>

namespace ktest {

/// How long each stage of a run may take. The test's own time is its business; ktest's are scaled where the
/// guest runs without KVM.
struct timeouts {
    std::chrono::milliseconds boot;
    std::chrono::milliseconds wake;                ///< of a restored guest
    std::optional<std::chrono::milliseconds> test; ///< none: for ever
    std::chrono::milliseconds shutdown;
    std::chrono::milliseconds stragglers; ///< after the test's end, for what it left in the background
    std::chrono::milliseconds report;     ///< after the test's end, for one that the kernel goes on with
    std::chrono::milliseconds death;      ///< after a panic, for the log on the console
    std::chrono::milliseconds dump;       ///< of the guest's memory
    friend auto operator==(timeouts const&, timeouts const&) -> bool = default;
};

constexpr auto timeouts_for(accelerator acceleration, std::optional<std::chrono::seconds> test) -> timeouts {
    using namespace std::chrono_literals;
    auto const slowness = acceleration == accelerator::kvm ? 1 : 4;
    return {.boot = 60s * slowness,
            .wake = 5s * slowness,
            .test = test,
            .shutdown = 5s * slowness,
            .stragglers = 2s,
            .report = 15s,
            .death = 5s * slowness,
            .dump = 60s * slowness};
}

} // namespace ktest
