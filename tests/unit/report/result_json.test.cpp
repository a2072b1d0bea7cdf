#include "catch.hpp"
#include <ktest/report/result_json.hpp>

using namespace ktest;
using namespace std::chrono_literals;
using namespace ktest::literals;

namespace {

auto some_report() -> run_report {
    return {.test = "bcache",
            .script = "tests/bcache",
            .line = 17,
            .chosen = {"gc"},
            .arguments = {"-v"},
            .kernel_name = ".ktest",
            .kernel_release = "6.12.0-g1234-dirty",
            .image = "/var/lib/ktest/root",
            .accelerator = "tcg",
            .memory = 512_MiB,
            .cpus = 2,
            .scratch = {1_GiB, 2_GiB},
            .verdict = crashed{stage::test, "Kernel panic"},
            .script_status = 3,
            .boot = 850ms,
            .ran = 1400ms,
            .total = 2500ms,
            .subtests = {{"outer.inner", outcome::failed, "exit=1", "a\nb"}},
            .kernel_reports = {{.what = {.title = "WARNING in f", .text = "WARNING: CPU: 0"},
                                .source_line = "fs/a.c:7",
                                .more = 12345}},
            .seed = 4294967295,
            .nonce = "5eed",
            .started_at = std::chrono::sys_seconds{1795351501s},
            .host = "here",
            .directory = ".ktest/out/bcache/20261122T124501-3f2a",
            .command = {"ktest", "run", "tests/bcache"},
            .artefacts = {"test.log"}};
}

} // namespace

TEST_CASE("a result holds everything about its run", "[result_json]") {
    auto const read = nlohmann::json::parse(result_json(some_report()));
    CHECK(read["version"] == 1);
    CHECK(read["test"] == "bcache");
    CHECK(read["script"] == "tests/bcache");
    CHECK(read["line"] == 17);
    CHECK(read["chosen"] == nlohmann::json::array({"gc"}));
    CHECK(read["arguments"] == nlohmann::json::array({"-v"}));
    CHECK(read["verdict"] == "crashed");
    CHECK(read["reason"] == "in test: Kernel panic");
    CHECK(read["exit_status"] == 3);
    CHECK(read["script_status"] == 3);
    CHECK(read["kernel"] == nlohmann::json{{"name", ".ktest"}, {"release", "6.12.0-g1234-dirty"}});
    CHECK(read["image"] == "/var/lib/ktest/root");
    CHECK(read["accelerator"] == "tcg");
    CHECK(read["start"] == "cold");
    CHECK(read["memory_bytes"] == 536870912);
    CHECK(read["cpus"] == 2);
    CHECK(read["scratch_bytes"] == nlohmann::json::array({1073741824, 2147483648}));
    CHECK(read["boot_seconds"] == 0.85);
    CHECK(read["test_seconds"] == 1.4);
    CHECK(read["total_seconds"] == 2.5);
    CHECK(read["boots"] == 1);
    CHECK(read["subtests"]
          == nlohmann::json::array({{{"name", "outer.inner"},
                                     {"outcome", "failed"},
                                     {"detail", "exit=1"},
                                     {"diagnostics", "a\nb"}}}));
    CHECK(read["kernel_reports"][0]["title"] == "WARNING in f");
    CHECK(read["kernel_reports"][0]["text"] == "WARNING: CPU: 0");
    CHECK(read["kernel_reports"][0]["excused"] == false);
    CHECK(read["seed"] == 4294967295);
    CHECK(read["kernel_reports"][0]["symbolised"].is_null());
    CHECK(read["kernel_reports"][0]["source_line"] == "fs/a.c:7");
    CHECK(read["kernel_reports"][0]["more"] == 12345);
    CHECK(read["nonce"] == "5eed");
    CHECK(read["started_at"] == "2026-11-22T12:45:01Z");
    CHECK(read["host"] == "here");
    CHECK(read["directory"] == ".ktest/out/bcache/20261122T124501-3f2a");
    CHECK(read["command"] == nlohmann::json::array({"ktest", "run", "tests/bcache"}));
    CHECK(read["artefacts"] == nlohmann::json::array({"test.log"}));
    CHECK(read["shake"].is_null());
    CHECK(read.size() == 33);
}

TEST_CASE("a result's keys always come in the same order", "[result_json]") {
    auto const text = result_json(some_report());
    CHECK(text.starts_with("{\n  \"version\": 1,\n  \"test\": \"bcache\",\n"));
    CHECK(text.find("\"verdict\"") < text.find("\"reason\""));
    CHECK(text.substr(text.size() - 3) == "\n}\n");
}

TEST_CASE("what is not known is null, and a list without entries is a list", "[result_json]") {
    auto const read = nlohmann::json::parse(result_json({}));
    CHECK(read["script_status"].is_null());
    CHECK(read["boot_seconds"].is_null());
    CHECK(read["test_seconds"].is_null());
    for (auto const* key :
         {"chosen", "arguments", "scratch_bytes", "subtests", "kernel_reports", "command", "artefacts"})
        CHECK(read[key] == nlohmann::json::array());
}

TEST_CASE("bytes that are not UTF-8 do not spoil a result", "[result_json]") {
    auto report = some_report();
    report.verdict = failed{"bad \xff byte\x1b"};
    report.subtests = {{"\xc3", outcome::passed, "\xed\xa0\x80", std::string{"\0", 1}}};
    report.script = "tests/\xfe";
    auto const read = nlohmann::json::parse(result_json(report));
    CHECK(read["reason"] == "bad \xEF\xBF\xBD byte\x1b");
    CHECK(read["script"] == "tests/\xEF\xBF\xBD");
}

TEST_CASE("the verdict can be read back", "[result_json]") {
    auto report = some_report();
    for (auto const& said : {verdict{passed{}}, verdict{failed{}}, verdict{timed_out{}}}) {
        report.verdict = said;
        CHECK(verdict_in_json(result_json(report)) == std::string{name(said)});
    }
}

TEST_CASE("a text that is no result has no verdict", "[result_json]") {
    for (auto const* text :
         {"", "{", "[]", "null", "{}", "{\"verdict\": 1}", "\xff", "{\"verdict\": \"passed\""})
        CHECK_FALSE(verdict_in_json(text));
}
