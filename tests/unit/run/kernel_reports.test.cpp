#include "report_test.hpp"

using namespace ktest;
using namespace ktest::test;

TEST_CASE("a report fails a test that said success, and one that skipped", "[kernel_reports]") {
    auto const said = GENERATE(as<verdict>{}, passed{}, skipped{"no disk"});
    auto const judgement = judged(said, {}, "", warning("bch_grow"));
    REQUIRE(std::holds_alternative<failed>(judgement));
    CHECK(reason(judgement).starts_with("splat: "));
    CHECK(reason(judgement).find("bch_grow") != std::string::npos);
}

TEST_CASE("what a failed test said itself stands behind the report", "[kernel_reports]") {
    auto const why = reason(judged(failed{"exit status 1"}, {}, "", warning("f")));
    CHECK(why.starts_with("splat: "));
    CHECK(why.ends_with("; exit status 1"));
}

TEST_CASE("the first report is the cause, and the others are counted", "[kernel_reports]") {
    auto const why = reason(judged(passed{}, {}, "", warning("first", 5) + warning("second", 6)));
    CHECK(why.find("first") != std::string::npos);
    CHECK(why.find("(and 1 more)") != std::string::npos);
}

TEST_CASE("what the boot reported is listed, and counts only when it must", "[kernel_reports]") {
    auto const reports = reports_of({}, warning("early"), "");
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].before_test);
    CHECK(with_reports(passed{}, reports, {}) == verdict{passed{}});
    CHECK(std::holds_alternative<failed>(with_reports(passed{}, reports, {.strict = true})));
}

TEST_CASE("reports that a test allows are excused, others are not", "[kernel_reports]") {
    CHECK(judged(passed{}, allow(""), "", warning("f")) == verdict{passed{}});
    CHECK(judged(passed{}, allow("bch_.*"), "", warning("bch_grow")) == verdict{passed{}});
    CHECK(std::holds_alternative<failed>(judged(passed{}, allow("bch_.*"), "", warning("xfs_grow"))));
}

TEST_CASE("a report that must come and does not fails the test", "[kernel_reports]") {
    CHECK(judged(passed{}, expect("bch_grow"), "", warning("bch_grow")) == verdict{passed{}});
    auto const missing = judged(passed{}, expect("bch_grow"), warning("bch_grow"), "");
    CHECK(reason(missing) == "the kernel did not report 'bch_grow', as SPLAT expects");
}

TEST_CASE("a crash is told with the first report before it, and none excuses it", "[kernel_reports]") {
    auto const died = judged(crashed{stage::test, "kernel panic: x"}, {}, "", warning("f"));
    CHECK(reason(died).find("the first report: ") != std::string::npos);
    CHECK(std::holds_alternative<crashed>(
        judged(crashed{stage::test, "kernel panic"}, allow(""), "", warning("f"))));
}

TEST_CASE("reports can be told without failing the run", "[kernel_reports]") {
    CHECK(judged(passed{}, {.otherwise = report_rules::policy::report}, "", warning("f"))
          == verdict{passed{}});
}

TEST_CASE("the panic that a hanging guest was asked for is no cause", "[kernel_reports]") {
    auto const said = GENERATE(as<verdict>{}, failed{"exit status 1"}, timed_out{stage::test, "after 9 s"});
    report_watch watch{{}, false};
    watch.test_begins();
    auto const reports = watch.finish("[    5.000000] Kernel panic - not syncing: NMI: Not continuing\r\n");
    CHECK(reports.size() == 1);
    CHECK(with_reports(said, reports, {}) == said);
}

TEST_CASE("the kernel's counts are explained by what it reported in the test, but for memory that ran out",
          "[kernel_reports]") {
    CHECK(trouble_is_told(reports_of({}, "", warning("f"))));
    CHECK_FALSE(trouble_is_told(reports_of({}, warning("early"), "")));
    CHECK_FALSE(trouble_is_told(reports_of({}, "", "")));
    CHECK_FALSE(trouble_is_told(reports_of(
        {}, "", "3,7,7000000,-,caller=T9;Out of memory: Killed process 9 (tail) total-vm:99kB\n")));
}

TEST_CASE("a witness that changed without a report is told", "[kernel_reports]") {
    CHECK(unreported_trouble({0, 0, 1, 0}, {0, 0, 1, 0}).empty());
    CHECK(unreported_trouble({}, {0, 0, 1, 0}).empty());
    CHECK(unreported_trouble({0, 0, 0, 0}, {1U << 12U, 0, 0, 0}).empty()); // a module from outside the tree
    CHECK(unreported_trouble({0, 0, 0, 0}, {1U << 9U, 0, 0, 0})
          == "the kernel's taint grew by 512 without a report");
    CHECK(unreported_trouble({0, 0, 0, 0}, {0, 1, 0, 0}) == "lockdep turned itself off without a report");
    CHECK(unreported_trouble({0, 0, 1, 0}, {0, 0, 3, 0})
          == "the kernel counts 2 warnings more, without a report");
    CHECK(unreported_trouble({0, 0, 0, 0}, {0, 0, 0, 1})
          == "the kernel counts 1 oopses more, without a report");
}

TEST_CASE("a kernel that panics after the test's last word has crashed, and nothing excuses it",
          "[kernel_reports]") {
    auto const said = GENERATE(as<verdict>{}, passed{}, failed{"exit status 1"}, skipped{"no disk"});
    std::string const line = "Kernel panic - not syncing: sysrq triggered crash";
    auto const rules = GENERATE(report_rules{}, allow(""));
    SECTION("which only the console tells") {
        report_watch watch{rules, false};
        watch.test_begins();
        CHECK(with_reports(said, watch.finish("[    5.000000] " + line + "\r\n"), rules)
              == verdict{crashed{stage::test, "kernel panic: sysrq triggered crash"}});
    }
    SECTION("but words that init has read in the kernel's log are those of a living kernel") {
        report_watch watch{rules, false};
        watch.test_begins();
        watch.feed("0,9,5000000,-;" + line + "\n");
        CHECK_FALSE(std::holds_alternative<crashed>(
            with_reports(said, watch.finish("[    5.000000] " + line + "\r\n"), rules)));
    }
}

TEST_CASE("a test that failed because the kernel killed it for its memory says so", "[kernel_reports]") {
    auto const killed = "3,7,7000000,-,caller=T9;Out of memory: Killed process 9 (tail) total-vm:99kB\n";
    auto const why = reason(judged(failed{"killed by signal 9"}, {}, "", killed));
    CHECK(why.starts_with("killed by signal 9; the kernel said: Out of memory: Killed process"));
    CHECK(reason(judged(failed{"killed by signal 9"}, {}, killed, "")) == "killed by signal 9");
    CHECK(judged(passed{}, {}, "", killed) == verdict{passed{}});
}
