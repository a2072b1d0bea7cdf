#include "catch.hpp"
#include <ktest/report/repetition_json.hpp>

using namespace ktest;
using namespace std::chrono_literals;

TEST_CASE("a repetition's result counts its runs and lists them", "[repetition_json]") {
    repetition all{.common = {.test = "bcache", .total = 5s, .directory = "out"}, .wanted = 10};
    all.runs = {{.number = 1, .verdict = passed{}, .seed = 7, .ran = 1s},
                {.number = 3,
                 .verdict = failed{"why"},
                 .seed = 8,
                 .command = {"ktest", "run", "it"},
                 .directory = "out/run-3"}};
    auto const text = repetition_json(all);
    CHECK(verdict_in_json(text) == "failed");
    auto const read = nlohmann::json::parse(text);
    CHECK(read["version"] == 1);
    CHECK(read["exit_status"] == 1);
    CHECK(read["reason"] == "why");
    CHECK(read["wanted"] == 10);
    CHECK(read["ended"] == 2);
    CHECK(read["passed"] == 1);
    CHECK(read["failed"] == 1);
    CHECK(read["first"] == 3);
    CHECK(read["again"] == nlohmann::json::array({"ktest", "run", "it"}));
    CHECK(read["test_times"] == nlohmann::json{{"shortest", 1.0}, {"median", 1.0}, {"longest", 1.0}});
    CHECK(read["runs"].size() == 2);
    CHECK(read["runs"][1]["run"] == 3);
    CHECK(read["runs"][1]["seed"] == 8);
    CHECK(read["runs"][1]["verdict"] == "failed");
    CHECK(read["runs"][1]["directory"] == "out/run-3");
    CHECK(read["runs"][1]["test_seconds"].is_null());
}

TEST_CASE("what nobody wanted or knows is null in a repetition's result", "[repetition_json]") {
    auto const read = nlohmann::json::parse(repetition_json({.common = {.test = "\xff"}}));
    for (auto const* key : {"wanted", "first", "again"}) CHECK(read[key].is_null());
    CHECK(read["test_times"]["median"].is_null());
    CHECK(read["runs"] == nlohmann::json::array());
}
