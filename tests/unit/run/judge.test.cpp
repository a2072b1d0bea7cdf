#include "judge_test.hpp"

using namespace ktest;
using namespace ktest::test;

TEST_CASE("a line with TEST SUCCESS passes once init has drained the log", "[judge]") {
    auto it = running();
    CHECK(it.see(output("hello\nTEST SUCC")) == next::nothing);
    CHECK(it.see(output("ESSFUL\n")) == next::finish);
    CHECK_FALSE(it.decision());
    CHECK(verdict_after_finish(it) == verdict{passed{}});
}

TEST_CASE("success in a last line without an end counts when the output is closed", "[judge]") {
    auto it = running();
    CHECK(it.see(output("TEST SUCCESS")) == next::nothing);
    CHECK(it.see(output_closed{}) == next::finish);
    CHECK(verdict_after_finish(it) == verdict{passed{}});
}

TEST_CASE("success that is not confirmed with the run's nonce is no pass", "[judge]") {
    auto it = running();
    CHECK(it.see(output("TEST SUCCESS\n")) == next::finish);
    CHECK(it.see(wire::from_guest{wire::finished{"forged"}}) == next::nothing);
    CHECK(it.finish_time_up() == next::interrogate);
    CHECK(it.finish_time_up() == next::nothing);
    CHECK(it.interrogated({.seconds_silent = 20}, true) == next::conclude);
    CHECK(std::holds_alternative<timed_out>(*it.decision()));
}

TEST_CASE("a machine that dies after success and before the log is drained has crashed", "[judge]") {
    auto it = running();
    it.see(output("TEST SUCCESS\n"));
    it.see(console_bytes{"[    1.0] Kernel panic - not syncing: sysrq triggered crash\r\n"});
    CHECK(it.see(guest_panicked{}) == next::await_death);
    CHECK(it.see(machine_gone{.cause = "guest-reset"}) == next::conclude);
    CHECK(*it.decision() == verdict{crashed{stage::test, "kernel panic: sysrq triggered crash"}});
}

TEST_CASE("a line that starts with TEST FAILED fails, and a later success changes nothing", "[judge]") {
    auto it = running();
    CHECK(it.see(output("TEST FAILED: lost a byte\nTEST SUCCESS\n")) == next::finish);
    CHECK(verdict_after_finish(it) == verdict{failed{"TEST FAILED: lost a byte"}});
}

TEST_CASE("a failure that follows success before the log is drained still counts", "[judge]") {
    auto it = running();
    CHECK(it.see(output("TEST SUCCESS\n")) == next::finish);
    it.see(output("TEST FAILED: cleanup\n"));
    CHECK(verdict_after_finish(it) == verdict{failed{"TEST FAILED: cleanup"}});
}

TEST_CASE("TEST FAILED within a line is only talk", "[judge]") {
    auto it = running();
    CHECK(it.see(output("no TEST FAILED so far\n")) == next::nothing);
}

TEST_CASE("a test that ends without success fails at once when nothing holds its output", "[judge]") {
    auto it = running();
    CHECK(it.see(output_closed{}) == next::nothing);
    CHECK(it.see(exited(3)) == next::finish);
    CHECK(verdict_after_finish(it) == verdict{failed{"exit status 3 without TEST SUCCESS"}});
    CHECK(it.wait_status() == 3 << 8);
}

TEST_CASE("what a test left in the background may still say success", "[judge]") {
    auto it = running();
    CHECK(it.see(exited(0)) == next::wait_for_stragglers);
    CHECK(it.see(output("TEST SUCCESS\n")) == next::finish);
    CHECK(verdict_after_finish(it) == verdict{passed{}});
}

TEST_CASE("when the stragglers' time is over the test has failed", "[judge]") {
    auto it = running();
    CHECK(it.see(exited(0)) == next::wait_for_stragglers);
    CHECK(it.stragglers_gone() == next::finish);
    CHECK(verdict_after_finish(it) == verdict{failed{"exit status 0 without TEST SUCCESS"}});
}

TEST_CASE("a test killed by a signal fails and says so", "[judge]") {
    auto it = running();
    it.see(output_closed{});
    it.see(wire::from_guest{wire::ended{.nonce = "n", .wait_status = 9}});
    CHECK(verdict_after_finish(it) == verdict{failed{"killed by signal 9"}});
}

TEST_CASE("status 77 and TEST SKIPPED skip, unless the test also said success", "[judge]") {
    SECTION("by status") {
        auto it = running();
        it.see(output_closed{});
        it.see(exited(77));
        CHECK(verdict_after_finish(it) == verdict{skipped{"exit status 77"}});
    }
    SECTION("by a line") {
        auto it = running();
        it.see(output("TEST SKIPPED: no such device\n"));
        it.see(output_closed{});
        it.see(exited(0));
        CHECK(verdict_after_finish(it) == verdict{skipped{"no such device"}});
    }
    SECTION("success wins") {
        auto it = running();
        it.see(output("TEST SKIPPED: in part\n"));
        CHECK(it.see(output("TEST SUCCESS\n")) == next::finish);
        CHECK(verdict_after_finish(it) == verdict{passed{}});
    }
}

TEST_CASE("each stage can run out of time", "[judge]") {
    SECTION("boot") {
        judge it{"n"};
        CHECK(it.time_up(stage::boot, "after 60 s") == next::conclude);
        CHECK(*it.decision() == verdict{timed_out{stage::boot, "after 60 s"}});
    }
    SECTION("test") {
        auto it = running();
        CHECK(it.time_up(stage::boot, "late timer") == next::nothing);
        CHECK(it.time_up(stage::test, "after 5 s") == next::show_and_finish);
        CHECK(verdict_after_finish(it) == verdict{timed_out{stage::test, "after 5 s"}});
    }
}

TEST_CASE("a machine that goes away without a word is the host's fault, with QEMU's own words", "[judge]") {
    judge it{"n"};
    it.see(machine_gone{.wait_status = 1 << 8, .complaint = "qemu: no such device"});
    CHECK(*it.decision() == verdict{unavailable_host{"QEMU ended with status 1: qemu: no such device"}});
}

TEST_CASE("a reboot is a crash, unless the test may reboot", "[judge]") {
    SECTION("not allowed") {
        auto it = running();
        it.see(console_bytes{"[    1.0] reboot: Restarting system\r\n"});
        it.see(machine_gone{.cause = "guest-reset"});
        CHECK(*it.decision()
              == verdict{crashed{stage::test, "the guest rebooted unexpectedly (REBOOT=allow permits it)"}});
    }
    SECTION("without a word of the kernel") {
        auto it = running();
        it.see(machine_gone{.cause = "guest-reset"});
        CHECK(reason(*it.decision()).find("a triple fault") != std::string::npos);
    }
    SECTION("allowed: the test is run again") {
        auto it = running({.may_reboot = true});
        it.see(console_bytes{"[    1.0] reboot: Restarting system\r\n"});
        CHECK(it.see(guest_reset{}) == next::nothing);
        CHECK(it.see(guest_reset{}) == next::nothing); // one reboot may reset the machine several times
        CHECK(it.see(wire::from_guest{wire::ready{}}) == next::run_test);
        CHECK(it.boot() == 2);
        it.see(wire::from_guest{wire::started{"n"}});
        CHECK(it.see(output("TEST SUCCESS\n")) == next::finish);
    }
    SECTION("allowed, but it came without a word of the kernel, this time") {
        auto it = running({.may_reboot = true});
        it.see(console_bytes{"[    1.0] reboot: Restarting system\r\n"});
        it.see(guest_reset{});
        CHECK(it.see(wire::from_guest{wire::ready{}}) == next::run_test);
        it.see(wire::from_guest{wire::started{"n"}});
        it.see(guest_reset{});
        CHECK(it.see(wire::from_guest{wire::ready{}}) == next::conclude);
        CHECK(reason(*it.decision()).find("a triple fault") != std::string::npos);
    }
    SECTION("allowed, but the kernel panicked") {
        auto it = running({.may_reboot = true});
        it.see(guest_panicked{});
        CHECK(it.see(guest_reset{}) == next::conclude);
        CHECK(std::holds_alternative<crashed>(*it.decision()));
    }
    SECTION("the test's time runs out while the guest boots again") {
        auto it = running({.may_reboot = true});
        it.see(guest_reset{});
        CHECK(it.time_up(stage::test, "after 5 s") == next::conclude);
        CHECK(*it.decision() == verdict{timed_out{stage::boot, "after 5 s"}});
    }
}

TEST_CASE("an init that cannot reach the host ends the boot by its words on the console", "[judge]") {
    judge it{"n"};
    CHECK(it.see(console_bytes{"ktest-init: there is no virtio-serial"}) == next::nothing);
    CHECK(it.see(console_bytes{" port\r\n"}) == next::conclude);
    CHECK(*it.decision() == verdict{crashed{stage::boot, "init: there is no virtio-serial port"}});
}

TEST_CASE("a disk of the host that is full, or fails, is not the test's fault", "[judge]") {
    auto const& [what, words] = GENERATE(table<host_disk_failed, std::string>(
        {{{.disk = "scratch0", .full = true, .reason = "No space left on device"},
          "the host's disk is full: the guest cannot write to scratch0"},
         {{.disk = "root", .reading = true, .reason = "Input/output error"},
          "the host's disk fails: the guest cannot read root: Input/output error"}}));
    auto it = running();
    CHECK(it.see(what) == next::conclude);
    CHECK(*it.decision() == verdict{unavailable_host{words}});
}

TEST_CASE("a command passes by ending, whatever it prints", "[judge]") {
    auto it = running({.status_decides = true});
    CHECK(it.see(output("TEST FAILED\n")) == next::nothing);
    CHECK(it.see(exited(3)) == next::conclude);
    CHECK(*it.decision() == verdict{passed{}});
}

TEST_CASE("the first decision stands", "[judge]") {
    auto it = running();
    CHECK(it.interrupt("by Ctrl-C") == next::conclude);
    CHECK(it.see(output("TEST SUCCESS\n")) == next::nothing);
    CHECK(it.see(machine_gone{}) == next::nothing);
    CHECK(it.host_failed({fault::unavailable, "disk full"}) == next::nothing);
    CHECK(exit_status(*it.decision()) == 130);
}

TEST_CASE("the same words give the same verdict however they are cut", "[judge]") {
    std::string const text = "first\r\nTEST SKIPPED: maybe\nTEST FAILED: no\nlast";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        auto it = running();
        it.see(output(text.substr(0, cut)));
        it.see(output(text.substr(cut)));
        CHECK(verdict_after_finish(it) == verdict{failed{"TEST FAILED: no"}});
    }
}

TEST_CASE("a restored guest that echoes the nonce is as good as one that is ready", "[judge]") {
    judge it{"n"};
    CHECK(it.see(state_moved{true}) == next::nothing);
    CHECK(it.see(guest_stopped{false}) == next::nothing);
    CHECK(it.see(wire::from_guest{wire::awake{.nonce = "another"}}) == next::nothing);
    CHECK(it.see(wire::from_guest{wire::awake{.nonce = "n"}}) == next::run_test);
}

TEST_CASE("a guest that does not wake up has timed out in boot", "[judge]") {
    judge it{"n"};
    CHECK(it.time_up(stage::boot, "after 20 s") == next::conclude);
    CHECK(*it.decision() == verdict{timed_out{stage::boot, "after 20 s"}});
}

TEST_CASE("a QEMU that its sandbox ended is told of as that, with the way out", "[judge]") {
    judge it{"n"};
    CHECK(it.see(machine_gone{.wait_status = SIGSYS}) == next::conclude);
    auto const* const said = std::get_if<unavailable_host>(&*it.decision());
    REQUIRE(said != nullptr);
    CHECK(said->reason.find("--no-sandbox") != std::string::npos);
}

TEST_CASE("a guest that closes init's channel has crashed", "[judge]") {
    auto it = running();
    CHECK(it.channel_closed("init has closed it") == next::conclude);
    CHECK(*it.decision() == verdict{crashed{stage::test, "init has closed it"}});
}

TEST_CASE("a report that the kernel goes on with at the test's end is waited for", "[judge]") {
    auto it = running();
    it.see(output("TEST SUCCESS\n"));
    CHECK(it.report_awaited() == next::nothing);
    CHECK(it.see(wire::from_guest{wire::kernel_log{.records = "4,1,2,-;WARNING: CPU: 0\n"}})
          == next::nothing);
    CHECK(it.see(wire::from_guest{wire::finished{"n"}}) == next::await_report);
    CHECK(it.see(wire::from_guest{wire::kernel_log{.records = "4,2,3,-;RIP: 0010:f+0x1/0x2\n"}})
          == next::await_report);
    CHECK(it.finish_time_up() == next::nothing);
    CHECK(it.report_awaited() == next::conclude);
    CHECK(*it.decision() == verdict{passed{}});
}

TEST_CASE("a guest that dies while its last report is waited for has crashed", "[judge]") {
    auto it = running();
    it.see(output("TEST SUCCESS\n"));
    CHECK(it.see(wire::from_guest{wire::finished{"n"}}) == next::await_report);
    CHECK(it.see(guest_panicked{}) == next::await_death);
    CHECK(it.report_awaited() == next::nothing);
    CHECK(it.death_awaited() == next::conclude);
    CHECK(std::holds_alternative<crashed>(*it.decision()));
}
