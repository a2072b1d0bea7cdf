#pragma once

#include <ktest/vm/accelerator.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace ktest {

/// When each of those who notice that a guest hangs speaks: the kernel's own detectors one after the other,
/// then ktest, which knows least. Each is the shortest time after which its word may come.
struct detector_times {
    std::chrono::seconds soft_lockup, rcu_stall, hung_task, silence;
    friend auto operator==(detector_times const&, detector_times const&) -> bool = default;
};

/// How many times slower than usual this guest came up; 1 for as fast as usual, never below, at most 4.
constexpr auto measured_slowdown(accelerator acceleration, bool restored,
                                 std::chrono::duration<double> until_ready) -> double {
    using seconds = std::chrono::duration<double>;
    auto const usual =
        acceleration == accelerator::kvm ? seconds{restored ? 0.3 : 2} : seconds{restored ? 1 : 6};
    return std::clamp(until_ready / usual, 1., 4.);
}

/// The ladder: soft lockup < RCU stall < hung task < silence < the test's timeout. It begins at 10 s (20 s
/// under TCG) times the slowdown, or as much below as lets all of it fit into the timeout, but never lower:
/// in a shorter timeout there is only a part of it.
constexpr auto detector_times_for(accelerator acceleration, double slowdown,
                                  std::optional<std::chrono::milliseconds> test) -> detector_times {
    using namespace std::chrono;
    auto const least = seconds{acceleration == accelerator::kvm ? 10 : 20};
    // An even number, because the kernel is told half of it.
    auto first = seconds{static_cast<seconds::rep>(static_cast<double>(least.count()) * slowdown / 2) * 2};
    if (test) first = std::max(least, std::min(first, duration_cast<seconds>(*test) * 9 / 25 / 2 * 2));
    return {
        .soft_lockup = first, .rcu_stall = first * 3 / 2, .hung_task = first * 2, .silence = first * 5 / 2};
}

/// The guest's switches that make it so, each `path=value`: what a kernel lacks it has no detector for.
inline auto detector_settings(detector_times const& times) -> std::vector<std::string> {
    auto const set = [](char const* path, std::chrono::seconds value) {
        return fmt::format("{}={}", path, value.count());
    };
    // The watchdog reports a CPU after twice its threshold, khungtaskd a task at its second look or later.
    return {set("/proc/sys/kernel/watchdog_thresh", times.soft_lockup / 2),
            set("/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout", times.rcu_stall),
            set("/proc/sys/kernel/hung_task_timeout_secs", times.hung_task),
            set("/proc/sys/kernel/hung_task_check_interval_secs",
                std::max(times.hung_task / 16, std::chrono::seconds{1})),
            set("/sys/module/workqueue/parameters/watchdog_thresh", times.hung_task)};
}

} // namespace ktest
