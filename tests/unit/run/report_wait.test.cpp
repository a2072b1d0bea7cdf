#include "catch.hpp"
#include <ktest/run/report_wait.hpp>

using namespace ktest;
using namespace std::chrono_literals;

namespace {

constexpr report_wait::clock::time_point start{1h};

} // namespace

TEST_CASE("a report is waited for until the kernel has said nothing for 5 s", "[report_wait]") {
    report_wait wait{15s};
    wait.kernel_spoke(start);
    CHECK(wait.until(start + 1s) == start + 5s);
    wait.kernel_spoke(start + 2s);
    CHECK(wait.until(start + 5s) == start + 7s);
    CHECK(wait.until(start + 7s) == std::nullopt);
}

TEST_CASE("a report of a kernel that never said a thing is not waited for", "[report_wait]") {
    report_wait wait{15s};
    CHECK(wait.until(start) == std::nullopt);
}

TEST_CASE("a kernel that never stops is waited for no longer than is said, from the first wait on",
          "[report_wait]") {
    report_wait wait{15s};
    for (auto second = 0s; second < 15s; second += 1s) {
        wait.kernel_spoke(start + second);
        CHECK(wait.until(start + second) == start + std::min(second + 5s, 15s));
    }
    wait.kernel_spoke(start + 15s);
    CHECK(wait.until(start + 15s) == std::nullopt);
}
