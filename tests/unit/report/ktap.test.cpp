#include "catch.hpp"
#include <ktest/report/ktap.hpp>

using namespace ktest;

namespace {

/// `name: outcome` of each, for what a test says about both.
auto told(std::vector<subtest> const& all) -> std::vector<std::string> {
    std::vector<std::string> list;
    for (auto const& one : all) list.push_back(fmt::format("{}: {}", one.name, to_string(one.what)));
    return list;
}
auto told(std::string_view output) { return told(parse_ktap(output)); }
using lines = std::vector<std::string>;

} // namespace

TEST_CASE("a flat KTAP document is a list of subtests", "[ktap]") {
    CHECK(told("KTAP version 1\n1..2\nok 1 first one\nnot ok 2 second\n")
          == lines{"first one: passed", "second: failed"});
}

TEST_CASE("TAP 13 and 14 are understood, with a dash before the name or without", "[ktap]") {
    CHECK(told("TAP version 13\n1..2\nok 1 - a\nok 2 b\n") == lines{"a: passed", "b: passed"});
    CHECK(told("TAP version 14\nok 1 - a\n1..1\n") == lines{"a: passed"});
}

TEST_CASE("a result without a name is called by its number", "[ktap]") {
    CHECK(told("TAP version 13\n1..3\nok 1\nnot ok 2 -\nok 3 # SKIP\n")
          == lines{"1: passed", "2: failed", "3: skipped"});
}

TEST_CASE("directives decide, whatever ok or not ok stands before them", "[ktap]") {
    CHECK(parse_ktap("KTAP version 1\n1..9\n"
                     "ok 1 a # SKIP no disk\n"
                     "not ok 2 b # skipped: no network\n"
                     "not ok 3 c # TODO later\n"
                     "ok 4 d # TODO works by now\n"
                     "not ok 5 e # XFAIL known\n"
                     "not ok 6 f # TIMEOUT 30 seconds\n"
                     "not ok 7 g # ERROR no such file\n"
                     "not ok 8 h # exit=1\n"
                     "ok 9 i # rcode=0\n")
          == std::vector<subtest>{{"a", outcome::skipped, "no disk", ""},
                                  {"b", outcome::skipped, "no network", ""},
                                  {"c", outcome::expected_failure, "later", ""},
                                  {"d", outcome::passed, "works by now", ""},
                                  {"e", outcome::expected_failure, "known", ""},
                                  {"f", outcome::timed_out, "30 seconds", ""},
                                  {"g", outcome::failed, "no such file", ""},
                                  {"h", outcome::failed, "exit=1", ""},
                                  {"i", outcome::passed, "rcode=0", ""}});
}

TEST_CASE("a number sign within a name parts nothing", "[ktap]") {
    CHECK(told("TAP version 14\n1..2\nok 1 issue#7\nnot ok 2 \\#8 # TODO\n")
          == lines{"issue#7: passed", "#8: expected failure"});
}

TEST_CASE("nested documents name their results after the outer ones", "[ktap]") {
    CHECK(told("KTAP version 1\n1..2\n"
               "  KTAP version 1\n  1..2\n"
               "    KTAP version 1\n    1..1\n    not ok 1 deep\n"
               "  not ok 1 middle\n  ok 2 other\n"
               "not ok 1 outer\nok 2 last\n")
          == lines{"outer.middle.deep: failed", "outer.middle: failed", "outer.other: passed",
                   "outer: failed", "last: passed"});
}

TEST_CASE("TAP 14 and KUnit nest by four spaces or a tab and a comment", "[ktap]") {
    CHECK(told("TAP version 14\n1..2\n"
               "    # Subtest: a\n    1..1\n    ok 1 - x\nok 1 - a\n"
               "\t# Subtest: b\n\tok 1 - y\n\tok 2 - z\nok 2 - b\n")
          == lines{"a.x: passed", "a: passed", "b.y: passed", "b.z: passed", "b: passed"});
}

TEST_CASE("kselftest nests by number signs", "[ktap]") {
    auto const all = parse_ktap("TAP version 13\n1..2\n"
                                "# timeout set to 45\n# selftests: net: one\n"
                                "# TAP version 13\n# 1..2\n# ok 1 a\n# # why\n# not ok 2 b # TIMEOUT\n"
                                "# # Totals: pass:1 fail:1\n"
                                "not ok 1 selftests: net: one # exit=1\n"
                                "# selftests: net: two\n# ok 1 without a plan\n# ok 2 the same\n"
                                "ok 2 selftests: net: two # SKIP\n");
    CHECK(told(all)
          == lines{"selftests: net: one.a: passed", "selftests: net: one.b: timed out",
                   "selftests: net: one: failed", "selftests: net: two.without a plan: passed",
                   "selftests: net: two.the same: passed", "selftests: net: two: skipped"});
    CHECK(all[1].diagnostics == "# why");
    CHECK(all[2].detail == "exit=1");
}

TEST_CASE("spaces within number signs nest deeper", "[ktap]") {
    CHECK(told("TAP version 13\n1..1\n# TAP version 13\n# 1..1\n#   KTAP version 1\n#   1..1\n#   ok 1 c\n"
               "# # # ok 1 d\n# ok 1 b\nok 1 a\n")
          == lines{"a.b.c: passed", "a.b.d: passed", "a.b: passed", "a: passed"});
}

TEST_CASE("an outer result without an outer version line still names the inner ones", "[ktap]") {
    CHECK(told("    KTAP version 1\n    1..1\n    ok 1 case\nok 1 suite\n")
          == lines{"suite.case: passed", "suite: passed"});
}

TEST_CASE("inner results whose outer one never came are kept", "[ktap]") {
    CHECK(told("KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n  ok 1 case\n")
          == lines{"1: missing", "case: passed", "2: missing"});
}

TEST_CASE("two inner documents before one outer result both belong to it", "[ktap]") {
    CHECK(told("TAP version 13\n1..1\n# TAP version 13\n# 1..1\n# ok 1 a\n# TAP version 13\n# 1..1\n# ok 1 "
               "b\nok 1 x\n")
          == lines{"x.a: passed", "x.b: passed", "x: passed"});
}

TEST_CASE("what was planned and did not come is missing, one entry for each gap", "[ktap]") {
    auto const all = parse_ktap("KTAP version 1\n1..9\nok 1 a\nok 3 c\nok 7 g\n");
    CHECK(told(all)
          == lines{"a: passed", "c: passed", "g: passed", "2: missing", "4..6: missing", "8..9: missing"});
    CHECK(all.back().detail == "planned in 1..9, but no result came");
    CHECK(told("TAP version 13\n1..999999999\n") == lines{"1..999999999: missing"});
}

TEST_CASE("results that are all there but wrongly numbered are not missing", "[ktap]") {
    CHECK(told("TAP version 13\n1..2\nok 1 a\nok 1 b\n") == lines{"a: passed", "b: passed"});
}

TEST_CASE("results beyond the plan are kept", "[ktap]") {
    CHECK(told("TAP version 13\n1..1\nok 1 a\nnot ok 2 b\n") == lines{"a: passed", "b: failed"});
}

TEST_CASE("inner results that a skipped one had planned are not missing", "[ktap]") {
    CHECK(told("TAP version 13\n1..1\n# TAP version 13\n# 1..5\n# ok 1 a # SKIP need root\nok 1 x # SKIP\n")
          == lines{"x.a: skipped", "x: skipped"});
}

TEST_CASE("an empty plan has no subtests", "[ktap]") {
    CHECK(told("TAP version 13\n1..0 # SKIP need root\n").empty());
}

TEST_CASE("diagnostics belong to the next result", "[ktap]") {
    auto const all = parse_ktap(
        "KTAP version 1\n1..3\n# one\n# two\nok 1 a\nnot ok 2 b\n#three\n#   four\nok 3 c\n# end\n");
    REQUIRE(all.size() == 3);
    CHECK(all[0].diagnostics == "one\ntwo");
    CHECK(all[1].diagnostics.empty());
    CHECK(all[2].diagnostics == "three\n  four");
}

TEST_CASE("what KUnit says about a failed expectation is kept", "[ktap]") {
    auto const all = parse_ktap("KTAP version 1\n1..1\n    KTAP version 1\n    1..1\n"
                                "    # add: EXPECTATION FAILED at lib/add.c:29\n"
                                "    Expected 1 + 1 == 3, but\n        1 + 1 == 2 (0x2)\n"
                                "    not ok 1 add\nnot ok 1 math\n");
    REQUIRE(all.size() == 2);
    CHECK(
        all[0].diagnostics
        == "add: EXPECTATION FAILED at lib/add.c:29\n    Expected 1 + 1 == 3, but\n        1 + 1 == 2 (0x2)");
}

TEST_CASE("only the last diagnostics are kept of very many", "[ktap]") {
    std::string output = "KTAP version 1\n1..1\n";
    for (auto i = 0; i < 20000; ++i) output += fmt::format("# line {}\n", i);
    auto const all = parse_ktap(output + "not ok 1 a\n");
    REQUIRE(all.size() == 1);
    CHECK(all[0].diagnostics.size() <= ktap_parser::diagnostics_limit);
    CHECK(all[0].diagnostics.substr(0, 5) == "line ");
    CHECK(all[0].diagnostics.find("line 19999") != std::string::npos);
}

TEST_CASE("a YAML block belongs to the result before it, and nothing in it is a result", "[ktap]") {
    auto const all = parse_ktap(
        "TAP version 14\n1..2\nnot ok 1 a\n  ---\n  message: bad\n  got: |\n    ok 1 inside\n  ...\n"
        "ok 2 b\n");
    REQUIRE(told(all) == lines{"a: failed", "b: passed"});
    CHECK(all[0].diagnostics == "message: bad\ngot: |\n  ok 1 inside");
}

TEST_CASE("a YAML block that never ends hides nothing but what is indented", "[ktap]") {
    CHECK(told("TAP version 14\n1..2\nnot ok 1 a\n  ---\n  message: bad\nnot ok 2 b\n")
          == lines{"a: failed", "b: failed"});
}

TEST_CASE("bailing out is a failure of its own, and the rest is missing", "[ktap]") {
    auto const all = parse_ktap("TAP version 13\n1..3\nok 1 a\nBail out! no disk left\nok 2 b\n");
    CHECK(told(all) == lines{"a: passed", "Bail out!: failed", "2..3: missing"});
    CHECK(all[1].detail == "no disk left");
    CHECK(told("1..3\nBail out!\n") == lines{"Bail out!: failed", "1..3: missing"});
}

TEST_CASE("an inner document that bails out does not end the outer one", "[ktap]") {
    CHECK(
        told("TAP version 13\n1..2\n# TAP version 13\n# 1..2\n# Bail out! why\nnot ok 1 x\n# Bail out! "
             "here\nok 2 y\n")
        == lines{"x.Bail out!: failed", "x.1..2: missing", "x: failed", "y.Bail out!: failed", "y: passed"});
}

TEST_CASE("what a kernel log puts in front of its lines is looked through", "[ktap]") {
    CHECK(told("[    1.000000] KTAP version 1\n[    1.000001] 1..1\n<6>[    1.1]     KTAP version 1\n"
               "[    1.1][    T1]     1..1\n[   12.3][   C0]     ok 1 case\n<6>ok 1 suite\n")
          == lines{"suite.case: passed", "suite: passed"});
}

TEST_CASE("other lines in between change nothing", "[ktap]") {
    CHECK(told("hello\nKTAP version 1\nnoise\n1..2\n[    1.0] usb 1-1: new device\nok 1 a\n\nok then\nokay "
               "3\n  1..x\n"
               "notok 2 b\nnot ok\nok 2b c\nok 2 b\nbye\n")
          == lines{"a: passed", "b: passed"});
}

TEST_CASE("ordinary output is not mistaken for results", "[ktap]") {
    CHECK(told("ok 1 file copied\nnot ok 2 anything\n").empty());
    CHECK(told("1..3\nthree little tests\nok 1 file copied\n").empty());
    CHECK(told("1..10\n").empty());
    CHECK(told("# ok 1 a\n    ok 1 b\nBail out!\n---\n...\n").empty());
    CHECK(told("TAP version thirteen\nok 1 a\nXTAP version 13\nok 1 b\n").empty());
}

TEST_CASE("a plan without a version line counts when results follow", "[ktap]") {
    CHECK(told("starting\n1..2\n# about a\n\nok 1 a\nnot ok 2 b\n") == lines{"a: passed", "b: failed"});
    CHECK(told("1..1\n[    1.0] usb 1-1: new device\nok 1 a\n") == lines{"a: passed"});
}

TEST_CASE("documents one after the other are all read", "[ktap]") {
    CHECK(told("TAP version 13\n1..2\nok 1 a\nTAP version 13\n1..1\nok 1 b\n1..1\nok 1 c\n")
          == lines{"a: passed", "2: missing", "b: passed", "c: passed"});
}

TEST_CASE("an indented result that nothing announced must be the first of its kind", "[ktap]") {
    CHECK(told("KTAP version 1\n1..1\n  ok 7 apples\nok 1 a\n") == lines{"a: passed"});
}

TEST_CASE("lines may end as on a serial console, the last without an end", "[ktap]") {
    CHECK(told("KTAP version 1\r\n1..2\r\nok 1 a\r\nok 2 b") == lines{"a: passed", "b: passed"});
}

TEST_CASE("the output may come in any pieces", "[ktap]") {
    std::string_view const output =
        "KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n  ok 1 a\n  # why\n  not ok 2 b\nnot ok 1 c\n";
    auto const whole = parse_ktap(output);
    for (std::size_t size = 1; size < output.size(); ++size) {
        ktap_parser parser;
        for (std::size_t at = 0; at < output.size(); at += size) parser.feed(output.substr(at, size));
        CHECK(parser.finish() == whole);
    }
}

TEST_CASE("any bytes can be read", "[ktap]") {
    std::string noise;
    auto state = 1U;
    std::vector<std::string_view> const words{"KTAP version 1\n",
                                              "1..3\n",
                                              "ok 1 a\n",
                                              "not ok 2 - b # SKIP\n",
                                              "  ",
                                              "# ",
                                              "  ---\n",
                                              "  ...\n",
                                              "Bail out!\n",
                                              "\n",
                                              "\t",
                                              "[  1.0] ",
                                              "1..0\n",
                                              "4294967295",
                                              "ok 4294967295\n",
                                              "\xff",
                                              "1..4294967295\n"};
    for (auto i = 0; i < 20000; ++i) {
        state = state * 1664525U + 1013904223U;
        noise += words[(state >> 16U) % words.size()];
    }
    CHECK_NOTHROW(parse_ktap(noise));
    CHECK_NOTHROW(parse_ktap("KTAP version 1\n" + std::string(1U << 20U, ' ') + "ok 1 a\n"));
}

TEST_CASE("TAP 12 has no version line, and its plan may come last", "[ktap]") {
    CHECK(told("1..2\nok 1 - a\nnot ok 2 - b\n") == lines{"a: passed", "b: failed"});
    CHECK(told("ok 1 - a\n# why\nnot ok 2 - b\n1..3\n") == lines{"a: passed", "b: failed", "3: missing"});
    CHECK(told("ok 1 - a\nnot ok 2 - b\n").empty());
    CHECK(told("ok 1 - a\nand then\n1..1\n").empty());
    CHECK(told("ok 2 - a\n1..2\n").empty());
}

TEST_CASE("TAP's results may lack their numbers, KTAP's may not", "[ktap]") {
    CHECK(told("TAP version 13\n1..4\nok - a\nnot ok b\nok\nnot ok # TODO later\n")
          == lines{"a: passed", "b: failed", "3: passed", "4: expected failure"});
    CHECK(told("TAP version 14\nnot ok\n1..2\n") == lines{"1: failed", "2: missing"});
    CHECK(told("KTAP version 1\n1..1\nok then\nok 1 a\nnot ok really\n") == lines{"a: passed"});
}

TEST_CASE("a guest cannot fill the host's memory with few lines", "[ktap]") {
    // Each inner result would repeat the outer one's name.
    std::string output = "TAP version 13\n";
    for (auto i = 0; i < 1000; ++i) output += i == 0 ? "  ok 1\n" : "  ok\n";
    auto const all = parse_ktap(output + "ok 1 " + std::string(60'000, 'x') + "\n");
    REQUIRE(all.size() == 1001);
    for (auto const& one : all) CHECK(one.name.size() <= ktap_parser::name_limit + 3);
}

TEST_CASE("of results without an end some are kept, and one says that there were more", "[ktap]") {
    std::string output = "TAP version 13\n";
    for (std::size_t i = 0; i < ktap_parser::most_results + 10; ++i) output += "ok\n";
    auto const all = parse_ktap(output + "1..7\n");
    REQUIRE(all.size() == ktap_parser::most_results + 1);
    CHECK(all.back() == subtest{"more", outcome::missing, "only 100000 results are kept", ""});
}
