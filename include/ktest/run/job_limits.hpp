#pragma once

#include <ktest/result.hpp>

#include <chrono>

namespace ktest {

/// How long a case that runs as a job may take, by whoever ends it; each has to be later than the one before,
/// so that the one who knows most is first to say what happened. Time in a queue counts in none.
struct job_limits {
    std::chrono::seconds own;   ///< ktest's: a slot, boot, test, shutdown
    std::chrono::seconds job;   ///< the launcher's
    std::chrono::seconds ctest; ///< CTest's, from the moment the first job runs: it may take a second one
    friend auto operator==(job_limits const&, job_limits const&) -> bool = default;
};

/// How long a job waits for a slot of its node: other people's VMs end, too.
constexpr std::chrono::seconds job_slot_wait{300};
/// Boot without KVM, shutdown, a panic's last words: see `timeouts`.
constexpr std::chrono::seconds around_the_test{300};
/// For a launcher to notice that a node has died, and for the second job to get its turn.
constexpr std::chrono::seconds second_job{3600};

/// The limits of a test that may take `test`. A launcher may round its own up to whole minutes.
constexpr auto limits_for(std::chrono::seconds test) -> job_limits {
    auto const own = job_slot_wait + around_the_test + test;
    auto const job = own + std::chrono::minutes{1};
    return {.own = own, .job = job, .ctest = 2 * (job + std::chrono::minutes{1}) + second_job};
}

/// Whether CTest, which has a limit of its own, leaves a case the time that it may need.
inline auto check_limits(job_limits const& limits, std::chrono::seconds ctest) -> result<void> {
    if (limits.own < limits.job && limits.job < limits.ctest && limits.ctest <= ctest) return {};
    return usage_error(
        "--ctest-limit: {} s of CTest's are fewer than the {} s that two jobs of {} s can take",
        ctest.count(), limits.ctest.count(), limits.job.count());
}

} // namespace ktest
