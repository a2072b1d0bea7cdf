#include "catch.hpp"
#include <ktest/capture.hpp>
#include <ktest/file.hpp>
#include <ktest/report/junit.hpp>

using namespace ktest;
using namespace std::chrono_literals;

namespace {

auto contains(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// A parser's opinion, where the machine has one.
auto well_formed(std::string const& xml) -> bool {
    auto file = open_unnamed("/tmp");
    if (!file || !write_all(file->get(), xml)) return false;
    ::lseek(file->get(), 0, SEEK_SET);
    auto const got = capture({.arguments = {"xmllint", "--noout", "-"}, .descriptors = {{file->get(), 0}}});
    if (got && !got->succeeded()) UNSCOPED_INFO(got->err);
    return !got || got->succeeded();
}

auto report_of(verdict said) -> run_report {
    return {.test = "bcache",
            .script = "tests/bcache",
            .line = 17,
            .kernel_name = ".ktest",
            .kernel_release = "6.12.0",
            .verdict = std::move(said),
            .ran = 1400ms,
            .total = 2310ms,
            .started_at = std::chrono::sys_seconds{1795351501s},
            .host = "here",
            .command = {"ktest", "run", "a test"}};
}

} // namespace

TEST_CASE("a run that passed is a suite with one case", "[junit]") {
    CHECK(junit_xml(report_of(passed{}), "hello\nTEST SUCCESS\n") == R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="bcache" tests="1" failures="0" errors="0" skipped="0" time="2.310" timestamp="2026-11-22T12:45:01Z" hostname="here">
    <properties>
      <property name="kernel" value="6.12.0"/>
      <property name="kernel_name" value=".ktest"/>
      <property name="start" value="cold"/>
      <property name="again" value="ktest run 'a test'"/>
    </properties>
    <testcase name="bcache" classname="bcache" time="1.400" file="tests/bcache" line="17">
      <system-out>hello
TEST SUCCESS
</system-out>
    </testcase>
  </testsuite>
</testsuites>
)");
}

TEST_CASE("a failure is a failure and a skip is skipped", "[junit]") {
    auto const failure = junit_xml(report_of(failed{"exit status 1"}), "");
    CHECK(contains(failure, R"(tests="1" failures="1" errors="0" skipped="0")"));
    CHECK(contains(failure, R"(<failure type="failed" message="exit status 1"/>)"));
    CHECK_FALSE(contains(failure, "system-out"));
    auto const skip = junit_xml(report_of(skipped{"no BCACHE"}), "");
    CHECK(contains(skip, R"(tests="1" failures="0" errors="0" skipped="1")"));
    CHECK(contains(skip, R"(<skipped message="no BCACHE"/>)"));
}

TEST_CASE("a crash, a timeout, a host's failure and an interruption are errors that say which", "[junit]") {
    auto const error_of = [](verdict said) {
        auto const xml = junit_xml(report_of(std::move(said)), "");
        CHECK(contains(xml, R"(tests="1" failures="0" errors="1" skipped="0")"));
        auto const begin = xml.find("<error");
        return xml.substr(begin, xml.find('\n', begin) - begin);
    };
    CHECK(error_of(crashed{stage::test, "panic"}) == R"(<error type="crashed" message="in test: panic"/>)");
    CHECK(error_of(timed_out{stage::boot, "60 s"}) == R"(<error type="timed out" message="in boot: 60 s"/>)");
    CHECK(error_of(unavailable_host{"no QEMU"}) == R"(<error type="unavailable" message="no QEMU"/>)");
    CHECK(error_of(interrupted{"SIGINT"}) == R"(<error type="interrupted" message="SIGINT"/>)");
}

TEST_CASE("the kernel's reports stand in the failure's text", "[junit]") {
    auto report = report_of(failed{"splat"});
    report.kernel_reports = {{.what = {.text = "WARNING: one"}},
                             {.what = {.text = "BUG"}, .symbolised = "BUG: two"}};
    CHECK(contains(junit_xml(report, ""), R"(<failure type="failed" message="splat">WARNING: one
BUG: two</failure>)"));
    report.kernel_reports.front().more = 12345;
    CHECK(contains(junit_xml(report, ""), "WARNING: one\nand 12345 more\n\nBUG: two"));
}

TEST_CASE("each subtest is a case of its own", "[junit]") {
    auto report = report_of(passed{});
    report.subtests = {
        {"a.good", outcome::passed, "", ""},         {"a.noted", outcome::passed, "", "seen"},
        {"a.bad", outcome::failed, "exit=1", "why"}, {"a.gone", outcome::missing, "", ""},
        {"a.off", outcome::skipped, "no disk", ""},  {"a.known", outcome::expected_failure, "bug 7", ""},
        {"a.slow", outcome::timed_out, "30 s", ""}};
    auto const xml = junit_xml(report, "");
    CHECK(contains(xml, R"(tests="8" failures="2" errors="1" skipped="2")"));
    CHECK(contains(xml, R"(<testcase name="a.good" classname="bcache" file="tests/bcache" line="17"/>)"));
    CHECK(contains(xml, R"(<system-out>seen</system-out>)"));
    CHECK(contains(xml, R"(<failure type="failed" message="exit=1">why</failure>)"));
    CHECK(contains(xml, R"(<failure type="missing" message="missing"/>)"));
    CHECK(contains(xml, R"(<skipped message="no disk"/>)"));
    CHECK(contains(xml, R"(<skipped message="expected failure: bug 7"/>)"));
    CHECK(contains(xml, R"(<error type="timed out" message="30 s"/>)"));
    CHECK(well_formed(xml));
}

TEST_CASE("of long output the end is kept, in whole lines, and the rest is told of", "[junit]") {
    std::string output;
    for (auto i = 0; i < 20000; ++i) output += fmt::format("line {}\n", i);
    auto const xml = junit_xml(report_of(failed{""}), output);
    CHECK(xml.size() < (66U << 10U));
    CHECK(contains(xml, " bytes before this are in test.log]\nline "));
    CHECK(contains(xml, "line 19999\n</system-out>"));
}

TEST_CASE("any bytes in a run give well-formed XML", "[junit]") {
    std::string every;
    for (auto byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
    every += "]]> &amp; <![CDATA[ \xEF\xBF\xBE \xED\xA0\x80 \xF4\x90\x80\x80 --> \r\n\"'";
    auto report = report_of(failed{every});
    report.test = report.host = report.kernel_name = every;
    report.script = "x" + every.substr(1);
    report.command = {every};
    report.kernel_reports = {{.what = {.text = every}}};
    report.subtests = {{every, outcome::failed, every, every}, {every, outcome::passed, every, every}};
    CHECK(well_formed(junit_xml(report, every)));
}

TEST_CASE("markup and what XML cannot bear are written out", "[junit]") {
    auto const xml =
        junit_xml(report_of(failed{"a<b> \"c\" & d\n\te"}), "]]> <x> \x1b[31m \xff \"q\"\t\r\nend\n");
    CHECK(contains(xml, R"(message="a&lt;b&gt; &quot;c&quot; &amp; d&#10;&#9;e")"));
    CHECK(contains(xml, "<system-out>]]&gt; &lt;x&gt; \\x1b[31m \\xff \"q\"\t\nend\n</system-out>"));
    CHECK(well_formed(xml));
}

TEST_CASE("a run that began nothing gives well-formed XML", "[junit]") {
    CHECK(well_formed(junit_xml({}, "")));
}
