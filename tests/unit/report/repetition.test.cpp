#include "catch.hpp"
#include <ktest/report/repetition.hpp>
#include <ktest/report/result_json.hpp>

using namespace ktest;
using namespace std::chrono_literals;

namespace {

auto runs_of(std::vector<verdict> const& said) -> repetition {
    repetition all{.wanted = said.size()};
    for (auto const& each : said) all.runs.push_back({.number = all.runs.size() + 1, .verdict = each});
    return all;
}

auto decisive_number(repetition const& all) -> std::size_t {
    auto const* const run = decisive_run(all);
    return run == nullptr ? 0 : run->number;
}

} // namespace

TEST_CASE("a run is read back from its result.json", "[repetition]") {
    run_report report{.line = 17,
                      .start = "template 3f2a 2 h",
                      .verdict = crashed{stage::test, "panic"},
                      .ran = 1400ms,
                      .total = 2500ms,
                      .seed = 4294967295,
                      .directory = "out/run-3",
                      .command = {"ktest", "run", "it"}};
    repeated_run wanted{.number = 3,
                        .verdict = crashed{stage::test, "panic"},
                        .start = "template 3f2a 2 h",
                        .seed = 4294967295,
                        .ran = 1400ms,
                        .total = 2500ms,
                        .line = 17,
                        .command = {"ktest", "run", "it"},
                        .directory = "out/run-3"};
    CHECK(read_repeated_run(3, result_json(report)) == wanted);
    report.ran.reset();
    wanted.ran.reset();
    CHECK(read_repeated_run(3, result_json(report)) == wanted);
}

TEST_CASE("what is no result is no run", "[repetition]") {
    for (auto const* text :
         {"", "{", "[]", "{}", "{\"verdict\": \"passed\"}", "{\"verdict\": 1, \"reason\": 2}"})
        CHECK_FALSE(read_repeated_run(1, text));
}

TEST_CASE("all say that they passed only where each did", "[repetition]") {
    CHECK(verdict_of(runs_of({passed{}, passed{}})) == verdict{passed{}});
    CHECK(decisive_number(runs_of({passed{}, passed{}})) == 0);
    CHECK(decisive_number(runs_of({})) == 0);
}

TEST_CASE("the first of the worst runs decides", "[repetition]") {
    CHECK(decisive_number(runs_of({passed{}, skipped{"a"}, skipped{"b"}})) == 2);
    CHECK(decisive_number(runs_of({skipped{}, unavailable_host{"a"}, passed{}})) == 2);
    auto const all =
        runs_of({unavailable_host{}, skipped{}, timed_out{stage::test, "5 s"}, failed{}, crashed{}});
    CHECK(decisive_number(all) == 3);
    CHECK(exit_status(verdict_of(all)) == 124);
    CHECK(exit_status(verdict_of(runs_of({passed{}, crashed{}, failed{}}))) == 3);
}

TEST_CASE("an interrupted repetition says so, whatever its runs said", "[repetition]") {
    auto all = runs_of({passed{}, failed{}});
    all.was_interrupted = true;
    CHECK(exit_status(verdict_of(all)) == 130);
}

TEST_CASE("the times are those of tests that began", "[repetition]") {
    auto all = runs_of({passed{}, passed{}, passed{}, unavailable_host{}});
    CHECK_FALSE(test_times(all));
    all.runs[0].ran = 3s;
    all.runs[1].ran = 1s;
    CHECK(test_times(all) == std::array<run_report::seconds, 3>{1s, 2s, 3s});
    all.runs[2].ran = 10s;
    CHECK(test_times(all) == std::array<run_report::seconds, 3>{1s, 3s, 10s});
}
