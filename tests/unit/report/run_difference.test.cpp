#include "../../catch.hpp"
#include <ktest/report/run_difference.hpp>

using namespace ktest;

namespace {

using lines = std::vector<std::string>;

auto compare(run_report const& booted, run_report const& restored, lines const& of_booted = {},
             lines const& of_restored = {}) -> lines {
    return differences_between({"booted", booted, of_booted}, {"restored", restored, of_restored});
}

auto with_verdict(verdict said) -> run_report {
    run_report report;
    report.verdict = std::move(said);
    return report;
}

} // namespace

TEST_CASE("runs that say the same do not differ, whatever the numbers", "[run_difference]") {
    CHECK(compare(with_verdict(passed{}), with_verdict(passed{})).empty());
    CHECK(compare(with_verdict(failed{"lost byte 12"}), with_verdict(failed{"lost byte 7"})).empty());
    CHECK(compare({}, {}, {"WARNING: CPU: 0 PID: 12 at mm/slab.c:9 0xffff88800"},
                  {"WARNING: CPU: 1 PID: 311 at mm/slab.c:9 0xffff88807f"})
              .empty());
}

TEST_CASE("another verdict, or another reason, is a difference", "[run_difference]") {
    CHECK(compare(with_verdict(passed{}), with_verdict(failed{"exit status 1"}))
          == lines{"booted: passed; restored: failed exit status 1"});
    CHECK(compare(with_verdict(failed{"TEST FAILED: a"}), with_verdict(failed{"TEST FAILED: b"})).size()
          == 1);
    CHECK(compare(with_verdict(crashed{stage::boot, "x"}), with_verdict(crashed{stage::test, "x"})).size()
          == 1);
}

TEST_CASE("a subtest that is missing or came out otherwise is a difference", "[run_difference]") {
    run_report booted, restored;
    booted.subtests = {{.name = "a", .what = outcome::passed}, {.name = "b", .what = outcome::passed}};
    restored.subtests = {{.name = "a", .what = outcome::failed}};
    CHECK(compare(booted, restored)
          == lines{"only booted: subtest a: passed", "only booted: subtest b: passed",
                   "only restored: subtest a: failed"});
}

TEST_CASE("a warning that only one kernel gave is a difference, once", "[run_difference]") {
    CHECK(compare({}, {}, {}, {"clocksource: unstable", "clocksource: unstable"})
          == lines{"only restored: kernel: clocksource: unstable"});
}

TEST_CASE("what the machine did to a guest is no difference", "[run_difference]") {
    CHECK(compare({}, {}, {}, {"set_capacity_and_notify: 18 callbacks suppressed"}).empty());
    CHECK(compare({}, {}, {"hrtimer: interrupt took 12345 ns"}, {}).empty());
    CHECK(compare({}, {}, {}, {"perf: interrupt took too long (2500 > 2499)"}).empty());
}

TEST_CASE("what a disk did not read ahead is no difference, what it did not read is one",
          "[run_difference]") {
    auto const error = [](char const* request) {
        return fmt::format("I/O error, dev vdd, sector 151392 op {} phys_seg 4 prio class 2", request);
    };
    CHECK(compare({}, {}, {}, {error("0x0:(READ) flags 0x80700")}).empty());
    CHECK(compare({}, {}, {}, {error("0x0:(READ) flags 0x700")}).size() == 1);
    CHECK(compare({}, {}, {}, {error("0x0:(READ) flags 0x")}).size() == 1);
    CHECK(compare({}, {}, {}, {error("0x1:(WRITE) flags 0x80700")}).size() == 1);
}
