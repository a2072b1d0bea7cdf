#include "catch.hpp"
#include <ktest/run/job_limits.hpp>
#include <ktest/run/timeouts.hpp>

using namespace ktest;
using namespace std::chrono_literals;

TEST_CASE("ktest's own limit comes before the launcher's, and that before CTest's", "[job]") {
    for (auto const test : {1s, 300s, 100000s}) {
        auto const limits = limits_for(test);
        CHECK(limits.own < limits.job);
        CHECK(2 * (limits.job + 1min) < limits.ctest);
        CHECK(check_limits(limits, limits.ctest).has_value());
        CHECK(!check_limits(limits, limits.ctest - 1s));
    }
}

TEST_CASE("a job's own limit holds all that its run may take", "[job]") {
    auto const stages = timeouts_for(accelerator::tcg, 10s);
    CHECK(limits_for(10s).own - job_slot_wait
          >= stages.boot + *stages.test + stages.shutdown + stages.stragglers + stages.death);
}

TEST_CASE("what ktestLauncher.cmake gives CTest is enough", "[job]") {
    CHECK(limits_for(300s).ctest == 2 * (300s + 720s) + 3600s);
}
