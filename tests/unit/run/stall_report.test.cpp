#include "catch.hpp"
#include <ktest/run/stall_report.hpp>

using namespace ktest;
using namespace std::chrono_literals;

TEST_CASE("what the kernel's detectors say is known, with the time where they say it", "[stall_report]") {
    CHECK(parse_stall_report("[   28.1] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [cat:312]\r")
          == stall_report{"watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [cat:312]", 22s});
    CHECK(parse_stall_report("<3>INFO: task dd:99 blocked for more than 40 seconds.")
          == stall_report{"INFO: task dd:99 blocked for more than 40 seconds.", 40s});
    CHECK(parse_stall_report("INFO: task dd:99 blocked in I/O wait for more than 40 seconds.")->after == 40s);
    CHECK(parse_stall_report("rcu: INFO: rcu_preempt self-detected stall on CPU")
          == stall_report{"rcu: INFO: rcu_preempt self-detected stall on CPU", {}});
    CHECK(parse_stall_report("rcu: INFO: rcu_sched detected stalls on CPUs/tasks:"));
    CHECK(parse_stall_report("watchdog: Watchdog detected hard LOCKUP on cpu 1"));
    CHECK(parse_stall_report("NMI watchdog: Watchdog detected hard LOCKUP on cpu 1"));
    CHECK(parse_stall_report("BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 42s!")
              ->after
          == 42s);
}

TEST_CASE("what only sounds like it is no stall", "[stall_report]") {
    for (auto const* line :
         {"INFO: task hierarchy", "rcu: INFO: rcu_preempt", "NMI watchdog: Enabled. Permanently consumes one",
          "INFO: NMI handler took too long", "soft lockup", ""})
        CHECK_FALSE(parse_stall_report(line));
}

TEST_CASE("blocked tasks are named once", "[stall_report]") {
    CHECK(blocked_tasks("6,1,1,-;sysrq: Show Blocked State\n"
                        "6,2,1,-;task:touch           state:D stack:0     pid:312   ppid:300    flags:0x0\n"
                        "4,3,1,-; __schedule+0x1/0x2\n"
                        "6,4,1,-;task:touch           state:D stack:0     pid:312   ppid:300    flags:0x0\n"
                        "6,5,1,-;task:a b             state:D stack:0     pid:7     tgid:7 ppid:22\n"
                        "6,6,1,-;task:sleeps          state:S stack:0     pid:8     ppid:2\n"
                        "6,7,1,-;task:jbd2/vdc-8      state:D stack:0     pid:81    ppid:2      flags:0x0\n"
                        "6,8,1,-;task:torn            state:D")
          == std::vector<std::string>{"touch (pid 312)", "a b (pid 7)"});
    CHECK(blocked_tasks("").empty());
}
