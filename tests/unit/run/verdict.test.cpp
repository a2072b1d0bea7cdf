#include "catch.hpp"
#include <ktest/run/verdict.hpp>

using namespace ktest;

TEST_CASE("a verdict that nobody gave is a failure", "[verdict]") {
    CHECK(verdict{} == verdict{failed{}});
    CHECK(exit_status(verdict{}) == 1);
}

TEST_CASE("every verdict has its own exit status", "[verdict]") {
    CHECK(exit_status(passed{}) == 0);
    CHECK(exit_status(failed{"why"}) == 1);
    CHECK(exit_status(crashed{stage::test, "why"}) == 3);
    CHECK(exit_status(skipped{"why"}) == 77);
    CHECK(exit_status(timed_out{stage::boot, "why"}) == 124);
    CHECK(exit_status(unavailable_host{"why"}) == 125);
    CHECK(exit_status(interrupted{"why"}) == 130);
}

TEST_CASE("every verdict has a name", "[verdict]") {
    CHECK(name(passed{}) == "passed");
    CHECK(name(failed{}) == "failed");
    CHECK(name(crashed{}) == "crashed");
    CHECK(name(skipped{}) == "skipped");
    CHECK(name(timed_out{}) == "timed out");
    CHECK(name(unavailable_host{}) == "unavailable");
    CHECK(name(interrupted{}) == "interrupted");
}

TEST_CASE("a pass needs no reason, every other verdict gives its own", "[verdict]") {
    CHECK(reason(passed{}).empty());
    CHECK(reason(failed{"exit status 1"}) == "exit status 1");
    CHECK(reason(skipped{"no such option"}) == "no such option");
    CHECK(reason(unavailable_host{"no QEMU"}) == "no QEMU");
    CHECK(reason(interrupted{"SIGINT"}) == "SIGINT");
}

TEST_CASE("a crash and a timeout say in which stage", "[verdict]") {
    CHECK(reason(crashed{stage::boot, "panic"}) == "in boot: panic");
    CHECK(reason(crashed{stage::test, "panic"}) == "in test: panic");
    CHECK(reason(timed_out{stage::shutdown, "5 s"}) == "in shutdown: 5 s");
}

TEST_CASE("verdicts are equal when they say the same for the same reason", "[verdict]") {
    CHECK(verdict{failed{"a"}} == verdict{failed{"a"}});
    CHECK(verdict{failed{"a"}} != verdict{failed{"b"}});
    CHECK(verdict{failed{"a"}} != verdict{skipped{"a"}});
    CHECK(verdict{crashed{stage::boot, "a"}} != verdict{crashed{stage::test, "a"}});
}

TEST_CASE("a verdict can be read back from its name and reason", "[verdict]") {
    for (auto const& said :
         {verdict{passed{}}, verdict{failed{"in test: why"}}, verdict{crashed{stage::test, "in boot: why"}},
          verdict{skipped{"why"}}, verdict{timed_out{stage::shutdown, "5 s"}}, verdict{unavailable_host{""}},
          verdict{interrupted{"by Ctrl-C"}}})
        CHECK(read_verdict(name(said), reason(said)) == said);
    CHECK_FALSE(read_verdict("pleased", ""));
    CHECK_FALSE(read_verdict("", ""));
}
