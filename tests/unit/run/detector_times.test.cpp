#include "catch.hpp"
#include <ktest/run/detector_times.hpp>

#include <algorithm>

using namespace ktest;
using namespace std::chrono_literals;

TEST_CASE("the kernel's detectors speak one after the other, and all before silence", "[detector_times]") {
    for (auto const acceleration : {accelerator::kvm, accelerator::tcg})
        for (auto const slowdown : {1., 1.3, 2.49, 4.})
            for (auto const timeout : {0s, 1s, 20s, 60s, 80s, 300s, 86'400s}) {
                auto const test =
                    timeout == 0s ? std::nullopt : std::optional<std::chrono::milliseconds>{timeout};
                auto const times = detector_times_for(acceleration, slowdown, test);
                CAPTURE(slowdown, timeout.count());
                CHECK(times.soft_lockup >= (acceleration == accelerator::kvm ? 10s : 20s));
                // The watchdog looks five times in two thresholds: its word comes a fifth late at most.
                CHECK(times.soft_lockup + times.soft_lockup / 5 < times.rcu_stall);
                CHECK(times.rcu_stall < times.hung_task);
                CHECK(times.hung_task + 2 * std::max(times.hung_task / 16, 1s) <= times.silence);
                if (timeout >= 60s) CHECK(times.silence < timeout);
            }
}

TEST_CASE("a slow guest gets longer, as far as the test's timeout lets it", "[detector_times]") {
    CHECK(detector_times_for(accelerator::kvm, 1, {}) == detector_times{10s, 15s, 20s, 25s});
    CHECK(detector_times_for(accelerator::tcg, 1, {}) == detector_times{20s, 30s, 40s, 50s});
    CHECK(detector_times_for(accelerator::tcg, 2.5, {}) == detector_times{50s, 75s, 100s, 125s});
    CHECK(detector_times_for(accelerator::tcg, 2.5, 80s) == detector_times{28s, 42s, 56s, 70s});
    CHECK(detector_times_for(accelerator::tcg, 2.5, 5s) == detector_times{20s, 30s, 40s, 50s});
}

TEST_CASE("a guest that came up as fast as usual, or faster, is not slow", "[detector_times]") {
    CHECK(measured_slowdown(accelerator::tcg, false, 3s) == 1.);
    CHECK(measured_slowdown(accelerator::tcg, false, 12s) == 2.);
    CHECK(measured_slowdown(accelerator::tcg, true, 2s) == 2.);
    CHECK(measured_slowdown(accelerator::kvm, false, 100s) == 4.);
}

TEST_CASE("the guest's switches are told in seconds", "[detector_times]") {
    auto const settings = detector_settings({20s, 30s, 40s, 50s});
    auto const has = [&](std::string_view setting) {
        return std::find(settings.begin(), settings.end(), setting) != settings.end();
    };
    CHECK(has("/proc/sys/kernel/watchdog_thresh=10"));
    CHECK(has("/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout=30"));
    CHECK(has("/proc/sys/kernel/hung_task_timeout_secs=40"));
}
