#include "catch.hpp"
#include <ktest/report/repetition_junit.hpp>

using namespace ktest;
using namespace std::chrono_literals;

TEST_CASE("a repetition is a suite with a case for each run", "[repetition_junit]") {
    repetition all{.common = {.test = "bcache",
                              .script = "tests/bcache",
                              .start = "",
                              .total = 5s,
                              .started_at = std::chrono::sys_seconds{1795351501s},
                              .host = "here",
                              .command = {"ktest", "run", "--repeat", "4", "tests/bcache"}}};
    all.runs = {{.number = 1, .verdict = passed{}, .ran = 1s},
                {.number = 3,
                 .verdict = failed{"why"},
                 .line = 17,
                 .command = {"ktest", "run", "--seed", "8", "tests/bcache"}},
                {.number = 2, .verdict = skipped{"no disk"}},
                {.number = 4, .verdict = crashed{stage::test, "panic"}}};
    CHECK(repetition_junit(all, "hello\n") == R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="bcache" tests="4" failures="1" errors="1" skipped="1" time="5.000" timestamp="2026-11-22T12:45:01Z" hostname="here">
    <properties>
      <property name="again" value="ktest run --repeat 4 tests/bcache"/>
    </properties>
    <testcase name="bcache run 1" classname="bcache" time="1.000" file="tests/bcache" line="1"/>
    <testcase name="bcache run 3" classname="bcache" time="0.000" file="tests/bcache" line="17">
      <failure type="failed" message="why">again: ktest run --seed 8 tests/bcache</failure>
      <system-out>hello
</system-out>
    </testcase>
    <testcase name="bcache run 2" classname="bcache" time="0.000" file="tests/bcache" line="1">
      <skipped message="no disk"/>
    </testcase>
    <testcase name="bcache run 4" classname="bcache" time="0.000" file="tests/bcache" line="1">
      <error type="crashed" message="in test: panic"/>
    </testcase>
  </testsuite>
</testsuites>
)");
}
