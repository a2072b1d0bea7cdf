#include "catch.hpp"
#include <ktest/report/verdict_line.hpp>

#include <algorithm>

using namespace ktest;
using namespace std::chrono_literals;

namespace {

auto report_of(verdict said) -> run_report {
    return {.test = "bcache",
            .script = "tests/bcache",
            .line = 17,
            .kernel_name = ".ktest",
            .kernel_release = "6.12.0-g1234-dirty",
            .verdict = std::move(said),
            .boot = 850ms,
            .ran = 1400ms,
            .total = 2310ms,
            .command = {"ktest", "run", "-t", "5", "tests/bcache"}};
}

} // namespace

TEST_CASE("a pass is one line that names the test, the kernel, the start and the times", "[verdict_line]") {
    CHECK(verdict_text(report_of(passed{}), false)
          == "PASSED bcache on 6.12.0-g1234-dirty (.ktest)  2.31 s  (cold, ready 0.85, test 1.40)\n");
}

TEST_CASE("every other verdict has its reason behind a colon", "[verdict_line]") {
    auto const line = [](verdict said) { return verdict_line(report_of(std::move(said)), false); };
    auto const middle =
        std::string{" bcache on 6.12.0-g1234-dirty (.ktest)  2.31 s  (cold, ready 0.85, test 1.40): "};
    CHECK(line(failed{"exit status 1"}) == "FAILED" + middle + "exit status 1");
    CHECK(line(crashed{stage::test, "panic"}) == "CRASHED" + middle + "in test: panic");
    CHECK(line(skipped{"no BCACHE"}) == "SKIPPED" + middle + "no BCACHE");
    CHECK(line(timed_out{stage::boot, "60 s"}) == "TIMED OUT" + middle + "in boot: 60 s");
    CHECK(line(unavailable_host{"no QEMU"}) == "UNAVAILABLE" + middle + "no QEMU");
    CHECK(line(interrupted{"SIGINT"}) == "INTERRUPTED" + middle + "SIGINT");
}

TEST_CASE("a failure has a line that editors understand and one that runs it again", "[verdict_line]") {
    auto const below = [](verdict said) {
        auto const text = verdict_text(report_of(std::move(said)), false);
        return text.substr(text.find('\n') + 1);
    };
    auto const again = std::string{"again: ktest run -t 5 tests/bcache\n"};
    CHECK(below(failed{"exit status 1"}) == "tests/bcache:17: error: failed: exit status 1\n" + again);
    CHECK(below(failed{""}) == "tests/bcache:17: error: failed\n" + again);
    CHECK(below(crashed{stage::test, "panic"}) == "tests/bcache:17: error: crashed in test: panic\n" + again);
    CHECK(below(timed_out{stage::test, "5 s"}) == "tests/bcache:17: error: timed out in test: 5 s\n" + again);
    CHECK(below(unavailable_host{"no QEMU"}) == "tests/bcache:17: error: unavailable: no QEMU\n" + again);
    CHECK(below(interrupted{"SIGINT"}) == "tests/bcache:17: error: interrupted: SIGINT\n" + again);
    CHECK(below(passed{}).empty());
    CHECK(below(skipped{"no BCACHE"}).empty());
}

TEST_CASE("what is not known is left out of the line", "[verdict_line]") {
    CHECK(verdict_text({.test = "a", .script = "a", .verdict = unavailable_host{"make failed"}, .total = 12s},
                       false)
          == "UNAVAILABLE a  12.00 s  (cold): make failed\na:1: error: unavailable: make failed\n");
    CHECK(verdict_line({.test = "a", .kernel_name = "default", .verdict = passed{}}, false)
          == "PASSED a on (default)  0.00 s  (cold)");
    CHECK(verdict_line({.test = "a", .kernel_release = "6.1", .verdict = passed{}}, false)
          == "PASSED a on 6.1  0.00 s  (cold)");
}

TEST_CASE("the template, the subtests and the boots are named", "[verdict_line]") {
    CHECK(verdict_line(
              {.test = "a", .chosen = {"b"}, .start = "template 3f2a 2 h", .verdict = passed{}, .boots = 3},
              false)
          == "PASSED a.b  0.00 s  (template 3f2a 2 h, 3 boots)");
}

TEST_CASE("colour comes only when it was asked for, and only in the verdict", "[verdict_line]") {
    CHECK(verdict_text(report_of(failed{"x"}), false).find('\x1b') == std::string::npos);
    auto const start = [](verdict said) {
        auto const line = verdict_line(report_of(std::move(said)), true);
        return line.substr(0, line.find(" bcache"));
    };
    CHECK(start(passed{}) == "\x1b[1;32mPASSED\x1b[0m");
    CHECK(start(failed{}) == "\x1b[1;31mFAILED\x1b[0m");
    CHECK(start(timed_out{}) == "\x1b[1;31mTIMED OUT\x1b[0m");
    CHECK(start(skipped{}) == "\x1b[1;33mSKIPPED\x1b[0m");
    CHECK(start(unavailable_host{}) == "\x1b[1;33mUNAVAILABLE\x1b[0m");
}

TEST_CASE("whatever a guest or a name contains, each line stays one and does nothing to the terminal",
          "[verdict_line]") {
    auto report = report_of(failed{"one\ntwo\x1b[2J\xff"});
    report.test = "a\nb";
    report.script = "tests/a\nb";
    report.command = {"ktest", "run", "tests/a\nb"};
    auto const text = verdict_text(report, false);
    CHECK(std::count(text.begin(), text.end(), '\n') == 3);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find("one two\\x1b[2J\\xff\n") != std::string::npos);
}

TEST_CASE("the first report of the test's own has the line of its guilty function", "[verdict_line]") {
    auto report = report_of(failed{"splat: WARNING"});
    report.kernel_reports = {{.what = {.title = "boot"}, .before_test = true, .source_line = "a.c:1"},
                             {.what = {.title = "allowed"}, .excused = true, .source_line = "a.c:2"},
                             {.what = {.title = "WARNING"}, .source_line = "a.c:3"},
                             {.what = {.title = "BUG"}, .source_line = "a.c:4"}};
    CHECK(verdict_text(report, false).find("splat: WARNING\na.c:3: error: WARNING\nagain: ")
          != std::string::npos);
    report.kernel_reports.resize(2);
    CHECK(verdict_text(report, false).find("a.c:") == std::string::npos);
}
