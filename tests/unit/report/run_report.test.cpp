#include "catch.hpp"
#include <ktest/report/run_report.hpp>

using namespace ktest;

TEST_CASE("a report of nothing says that it failed", "[run_report]") {
    CHECK(run_report{}.verdict == verdict{failed{}});
    CHECK(run_report{} == run_report{});
}

TEST_CASE("reports of different runs differ", "[run_report]") {
    CHECK(run_report{.test = "a"} != run_report{.test = "b"});
    CHECK(run_report{.subtests = {{"a", outcome::passed, "", ""}}}
          != run_report{.subtests = {{"a", outcome::failed, "", ""}}});
}

TEST_CASE("the full name of a test has the subtests that were asked for", "[run_report]") {
    CHECK(full_name({.test = "bcache"}) == "bcache");
    CHECK(full_name({.test = "bcache", .chosen = {"gc"}}) == "bcache.gc");
    CHECK(full_name({.test = "bcache", .chosen = {"gc", "writeback"}}) == "bcache.gc,writeback");
}
