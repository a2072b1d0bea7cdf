#include "judge_test.hpp"

using namespace ktest;
using namespace ktest::test;

TEST_CASE("a guest that hangs after a skip has not ended in order, and after a failure it has failed",
          "[judge]") {
    auto const& [said, is_late] =
        GENERATE(table<std::string, bool>({{"TEST SKIPPED no disk\n", true}, {"TEST FAILED\n", false}}));
    auto it = running();
    it.see(output(said));
    it.see(output_closed{});
    it.see(wire::from_guest{wire::ended{.nonce = "n", .wait_status = 0}});
    CHECK(it.finish_time_up() == next::interrogate);
    CHECK(it.interrogated({.seconds_silent = 20}, false) == next::conclude);
    CHECK(std::holds_alternative<timed_out>(*it.decision()) == is_late);
}

TEST_CASE("a guest that is silent in its test has crashed, with what was learnt", "[judge]") {
    judge booting{"n"};
    CHECK(booting.silent() == next::nothing);

    auto it = running();
    CHECK(it.silent() == next::interrogate);
    CHECK(it.silent() == next::nothing);
    // Our own NMI makes it panic.
    CHECK(it.see(console_bytes{"[ 1.0] Kernel panic - not syncing: NMI: Not continuing\n"}) == next::nothing);
    CHECK(it.see(guest_panicked{}) == next::nothing);
    hang_findings const found{.kernel = hang_findings::answer::to_nmi, .seconds_silent = 50};
    CHECK(it.interrogated(found, false) == next::conclude);
    CHECK(*it.decision() == verdict{crashed{stage::test, describe(found)}});
}

TEST_CASE("a silent guest that turns out to panic by itself has panicked", "[judge]") {
    auto it = running();
    it.silent();
    it.see(console_bytes{"[ 1.0] Kernel panic - not syncing: hung_task: blocked tasks\n"});
    it.see(guest_panicked{});
    CHECK(it.interrogated({}, false) == next::conclude);
    CHECK(*it.decision() == verdict{crashed{stage::test, "kernel panic: hung_task: blocked tasks"}});
}

TEST_CASE("a silent guest that is heard again goes on", "[judge]") {
    auto it = running();
    it.silent();
    CHECK(it.interrogated({.seconds_silent = 50}, true) == next::nothing);
    CHECK(it.see(output("TEST SUCCESS\n")) == next::finish);
    CHECK(verdict_after_finish(it) == verdict{passed{}});
}

TEST_CASE("a guest cannot be asked by a QEMU that does not answer", "[judge]") {
    auto it = running();
    it.silent();
    CHECK(it.interrogated({.qemu_answers = false}, false) == next::conclude);
    CHECK(std::holds_alternative<unavailable_host>(*it.decision()));
}

TEST_CASE("a test whose time is up tells which tasks the kernel blocks", "[judge]") {
    auto it = running();
    it.see(wire::from_guest{wire::kernel_log{.records = "6,1,1,-;task:old state:D stack:0 pid:1 ppid:0\n"}});
    CHECK(it.time_up(stage::test, "after 5 s") == next::show_and_finish);
    it.see(wire::from_guest{wire::kernel_log{.records = "6,2,1,-;task:dd state:D stack:0 pid:312 ppid:1\n"}});
    CHECK(verdict_after_finish(it)
          == verdict{timed_out{stage::test, "after 5 s; blocked in the kernel: dd (pid 312)"}});
}

TEST_CASE("a test whose time is up in a silent guest is told with what was learnt", "[judge]") {
    auto it = running();
    CHECK(it.time_up(stage::test, "after 9 s", true) == next::interrogate);
    hang_findings const found{.kernel = hang_findings::answer::to_sysrq, .seconds_silent = 9};
    CHECK(it.interrogated(found, false) == next::conclude);
    CHECK(*it.decision() == verdict{timed_out{stage::test, "after 9 s; " + describe(found)}});
}

TEST_CASE("a guest that does not come up is asked what it does, and has timed out in boot with that",
          "[judge]") {
    judge it{"n"};
    CHECK(it.see(console_bytes{"[ 9.9] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [init:1]\r\n"})
          == next::weigh_stall);
    CHECK(it.stall_weighed({}) == next::nothing);
    CHECK(it.time_up(stage::boot, "after 60 s", true) == next::interrogate);
    CHECK(it.time_up(stage::boot, "after 60 s", true) == next::nothing);
    SECTION("whether it comes up now or not") {
        CHECK(it.see(wire::from_guest{wire::ready{}}) == next::nothing);
        hang_findings const found{.kernel = hang_findings::answer::to_sysrq, .seconds_silent = 60};
        CHECK(it.interrogated(found, true) == next::conclude);
        CHECK(*it.decision()
              == verdict{
                  timed_out{stage::boot, "after 60 s; the kernel said: watchdog: BUG: soft lockup - CPU#0 "
                                         "stuck for 22s! [init:1]; "
                                             + describe(found)}});
    }
    SECTION("but for a panic") {
        it.see(console_bytes{"[ 10.0] Kernel panic - not syncing: softlockup: hung tasks\r\n"});
        CHECK(it.interrogated({}, false) == next::conclude);
        CHECK(*it.decision() == verdict{crashed{stage::boot, "kernel panic: softlockup: hung tasks"}});
    }
}

TEST_CASE("a stall of a guest that the host starved speaks for no pass, and against no failure", "[judge]") {
    using namespace std::chrono_literals;
    auto const& [said, step] = GENERATE(
        table<std::string, next>({{"TEST SUCCESS\n", next::weigh_stall}, {"TEST FAILED\n", next::nothing}}));
    auto it = running();
    CHECK(it.see(output(said)) == next::finish);
    CHECK(it.see(console_bytes{"[ 9.9] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [init:1]\r\n"})
          == step);
}

TEST_CASE("a stall that the kernel reports is weighed", "[judge]") {
    using namespace std::chrono_literals;
    auto it = running();
    auto const line = "[ 9.9] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [cat:312]\r\n";
    CHECK(it.see(console_bytes{line}) == next::weigh_stall);
    REQUIRE(it.stall());
    CHECK(it.stall()->after == 22s);
    SECTION("the guest's own") {
        CHECK(it.stall_weighed({}) == next::nothing);
        it.time_up(stage::test, "after 60 s");
        CHECK(verdict_after_finish(it)
              == verdict{timed_out{stage::test,
                                   "after 60 s; the kernel said: watchdog: BUG: soft lockup - CPU#0 "
                                   "stuck for 22s! [cat:312]"}});
    }
    SECTION("the host's") {
        CHECK(it.stall_weighed(20s) == next::conclude);
        CHECK(*it.decision()
              == verdict{
                  unavailable_host{"the host did not let the guest run for 20 s, so its kernel reported a "
                                   "stall: watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [cat:312]"}});
    }
}
