#pragma once

#include <ktest/report/run_report.hpp>
#include <ktest/report/xml_element.hpp>
#include <ktest/shell_quote.hpp>

#include <fmt/chrono.h>

#include <algorithm>

namespace ktest {

namespace detail::junit {

/// Which element says it: none for a pass.
enum class element { none, failure, error, skipped };

constexpr auto element_of(outcome what) -> element {
    switch (what) {
    case outcome::passed: return element::none;
    case outcome::skipped:
    case outcome::expected_failure: return element::skipped;
    case outcome::timed_out: return element::error;
    case outcome::failed:
    case outcome::missing: break;
    }
    return element::failure;
}

inline auto element_of(verdict const& said) -> element {
    return std::visit(overloaded{
                          [](passed const&) { return element::none; },
                          [](failed const&) { return element::failure; },
                          [](skipped const&) { return element::skipped; },
                          [](auto const&) { return element::error; },
                      },
                      said);
}

inline auto count(run_report const& report, element what) -> std::size_t {
    auto const inside = std::count_if(report.subtests.begin(), report.subtests.end(),
                                      [&](subtest const& s) { return element_of(s.what) == what; });
    return static_cast<std::size_t>(inside) + (element_of(report.verdict) == what ? 1 : 0);
}

inline void write_element(xml_element& test_case, element what, std::string_view type,
                          std::string_view message, std::string_view text) {
    if (what == element::none) return;
    auto said = test_case.child(what == element::failure ? "failure"
                                : what == element::error ? "error"
                                                         : "skipped");
    if (what != element::skipped) said.attribute("type", type);
    if (!message.empty()) said.attribute("message", message);
    if (!text.empty()) said.text(text);
}

inline auto seconds_text(run_report::seconds time) -> std::string {
    return fmt::format("{:.3f}", time.count());
}

inline void write_properties(xml_element& suite, run_report const& report) {
    auto properties = suite.child("properties");
    for (auto const& [name, value] : std::initializer_list<std::pair<std::string_view, std::string>>{
             {"kernel", report.kernel_release},
             {"kernel_name", report.kernel_name},
             {"image", report.image.string()},
             {"accelerator", report.accelerator},
             {"start", report.start},
             {"directory", report.directory.string()},
             {"again", shell_quote(report.command)}})
        if (!value.empty()) properties.child("property").attribute("name", name).attribute("value", value);
}

inline void write_subtest(xml_element& suite, run_report const& report, subtest const& inside) {
    auto test_case = suite.child("testcase");
    test_case.attribute("name", inside.name).attribute("classname", full_name(report));
    test_case.attribute("file", report.script.string()).attribute("line", report.line);
    auto const what = element_of(inside.what);
    auto const bare = inside.detail.empty() || inside.what == outcome::expected_failure;
    auto const message = fmt::format("{}{}{}", bare ? to_string(inside.what) : "",
                                     bare && !inside.detail.empty() ? ": " : "", inside.detail);
    write_element(test_case, what, to_string(inside.what), message, inside.diagnostics);
    if (what == element::none && !inside.diagnostics.empty())
        test_case.child("system-out").text(inside.diagnostics);
}

inline void write_output(xml_element& test_case, std::string_view output) {
    constexpr std::size_t output_limit = 64U << 10U;
    auto const end = last_lines(output, output_limit);
    auto system_out = test_case.child("system-out");
    if (end.size() < output.size())
        system_out.text(fmt::format("[{} bytes before this are in test.log]\n", output.size() - end.size()));
    system_out.text(end);
}

inline void write_test(xml_element& suite, run_report const& report, std::string_view output) {
    auto test_case = suite.child("testcase");
    test_case.attribute("name", full_name(report)).attribute("classname", full_name(report));
    test_case.attribute("time", seconds_text(report.ran.value_or(run_report::seconds{})));
    test_case.attribute("file", report.script.string()).attribute("line", report.line);
    std::string reports;
    for (auto const& one : report.kernel_reports) {
        (reports += reports.empty() ? "" : "\n") += one.symbolised.empty() ? one.what.text : one.symbolised;
        if (one.more > 0) reports += fmt::format("\nand {} more\n", one.more);
    }
    write_element(test_case, element_of(report.verdict), name(report.verdict), reason(report.verdict),
                  reports);
    if (!output.empty()) write_output(test_case, output);
}

inline void write_suite(std::string& xml, run_report const& report, std::string_view output) {
    xml_element suites{xml, "testsuites"};
    auto suite = suites.child("testsuite");
    suite.attribute("name", full_name(report)).attribute("tests", report.subtests.size() + 1);
    suite.attribute("failures", count(report, element::failure))
        .attribute("errors", count(report, element::error));
    suite.attribute("skipped", count(report, element::skipped)).attribute("time", seconds_text(report.total));
    suite.attribute("timestamp", fmt::format("{:%FT%TZ}", report.started_at))
        .attribute("hostname", report.host);
    write_properties(suite, report);
    write_test(suite, report, output);
    for (auto const& inside : report.subtests) write_subtest(suite, report, inside);
}

} // namespace detail::junit

/// A run as JUnit XML: one testsuite with a testcase for the test and one for each subtest in its output; of
/// `output`, the test's own, the last 64 KiB. What XML cannot bear stands as `\xHH`.
inline auto junit_xml(run_report const& report, std::string_view output) -> std::string {
    std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    detail::junit::write_suite(xml, report, output);
    return xml;
}

} // namespace ktest
