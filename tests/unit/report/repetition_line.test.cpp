#include "catch.hpp"
#include <ktest/report/repetition_line.hpp>

using namespace ktest;
using namespace std::chrono_literals;

namespace {

auto runs_of(std::vector<verdict> const& said) -> repetition {
    repetition all{.common = {.test = "bcache",
                              .script = "tests/bcache",
                              .kernel_name = ".ktest",
                              .kernel_release = "6.12.0",
                              .total = 412100ms},
                   .wanted = 1000};
    for (auto const& each : said)
        all.runs.push_back({.number = all.runs.size() + 1,
                            .verdict = each,
                            .ran = 100ms * (all.runs.size() + 1),
                            .line = 17,
                            .command = {"ktest", "run", "--seed", "5", "tests/bcache"},
                            .directory = fmt::format("/out/run-{}", all.runs.size() + 1)});
    return all;
}
auto text_of(std::vector<verdict> const& said) { return repetition_text(runs_of(said), false); }

} // namespace

TEST_CASE("runs that all passed are one line with their times", "[repetition_line]") {
    CHECK(text_of({passed{}, passed{}, passed{}})
          == "PASSED 3/3: bcache on 6.12.0 (.ktest)  412.10 s  (test 0.10 to 0.30, median 0.20)\n");
}

TEST_CASE("where some failed, the first is named, with its files and how it runs again",
          "[repetition_line]") {
    CHECK(
        text_of({passed{}, failed{"exit status 1"}, passed{}, failed{"other"}})
        == "FAILED 2/4, first: run 2: bcache on 6.12.0 (.ktest)  412.10 s  (test 0.10 to 0.40, median 0.25)\n"
           "tests/bcache:17: error: run 2: failed: exit status 1\n"
           "files: /out/run-2\n"
           "again: ktest run --seed 5 tests/bcache\n");
}

TEST_CASE("runs that failed in several ways are counted by kind", "[repetition_line]") {
    auto const text =
        text_of({skipped{}, crashed{stage::test, "panic"}, failed{}, passed{}, failed{}, unavailable_host{}});
    CHECK(text.starts_with("CRASHED 3/6, first: run 2: bcache "));
    CHECK(text.find("): 1 skipped, 1 crashed, 2 failed, 1 unavailable\n") != std::string::npos);
}

TEST_CASE("skips and what the host could not run have words of their own", "[repetition_line]") {
    CHECK(text_of({passed{}, skipped{"no disk"}})
          == "SKIPPED 1/2, first: run 2: bcache on 6.12.0 (.ktest)  412.10 s  (test 0.10 to 0.20, median "
             "0.15): no disk\n");
    CHECK(text_of({unavailable_host{"no QEMU"}}).starts_with("UNAVAILABLE 1/1, first: run 1: bcache "));
}

TEST_CASE("an interrupted repetition sums up what has been run", "[repetition_line]") {
    auto all = runs_of({passed{}, failed{"why"}, passed{}});
    all.was_interrupted = true;
    CHECK(
        repetition_text(all, false).starts_with("INTERRUPTED after 3/1000, 1 failed, first: run 2: bcache "));
    CHECK(repetition_text(all, false).find("\nfiles: /out/run-2\n") != std::string::npos);
    all.wanted = 0;
    all.runs.clear();
    CHECK(repetition_text(all, false) == "INTERRUPTED after 0: bcache on 6.12.0 (.ktest)  412.10 s\n");
}

TEST_CASE("one run is one line, whatever its guest said", "[repetition_line]") {
    CHECK(repeated_run_line({.number = 132,
                             .verdict = failed{"one\ntwo\x1b"},
                             .start = "template 3f2a 2 h",
                             .ran = 120ms,
                             .total = 520ms},
                            false)
          == "run 132: FAILED  0.52 s  (template 3f2a 2 h, test 0.12): one two\\x1b");
    CHECK(repeated_run_line({.number = 1, .verdict = unavailable_host{"no QEMU"}}, false)
          == "run 1: UNAVAILABLE  0.00 s: no QEMU");
}

TEST_CASE("progress tells how many have been run and what did not pass", "[repetition_line]") {
    auto all = runs_of({passed{}, failed{}, crashed{}, skipped{}});
    CHECK(repetition_progress(all) == "4 of 1000 run, 2 failed, 1 skipped");
    all.wanted = 0;
    CHECK(repetition_progress(all) == "4 run, 2 failed, 1 skipped");
}
