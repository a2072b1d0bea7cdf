#pragma once

#include <ktest/report/junit.hpp>
#include <ktest/report/repetition.hpp>

namespace ktest {

namespace detail::junit {

inline void write_repeated_run(xml_element& suite, repetition const& all, repeated_run const& run,
                               std::string_view output) {
    auto test_case = suite.child("testcase");
    test_case.attribute("name", fmt::format("{} run {}", full_name(all.common), run.number));
    test_case.attribute("classname", full_name(all.common));
    test_case.attribute("time", seconds_text(run.ran.value_or(run_report::seconds{})));
    test_case.attribute("file", all.common.script.string()).attribute("line", run.line);
    auto const again = run.command.empty() ? "" : "again: " + shell_quote(run.command);
    write_element(test_case, element_of(run.verdict), name(run.verdict), reason(run.verdict), again);
    if (!output.empty()) write_output(test_case, output);
}

inline void write_repetition(std::string& xml, repetition const& all, std::string_view output) {
    auto const count_of = [&](element what) {
        return static_cast<std::size_t>(std::count_if(all.runs.begin(), all.runs.end(), [&](auto const& run) {
            return element_of(run.verdict) == what;
        }));
    };
    auto const& common = all.common;
    xml_element suites{xml, "testsuites"};
    auto suite = suites.child("testsuite");
    suite.attribute("name", full_name(common)).attribute("tests", all.runs.size());
    suite.attribute("failures", count_of(element::failure)).attribute("errors", count_of(element::error));
    suite.attribute("skipped", count_of(element::skipped)).attribute("time", seconds_text(common.total));
    suite.attribute("timestamp", fmt::format("{:%FT%TZ}", common.started_at))
        .attribute("hostname", common.host);
    write_properties(suite, common);
    auto const* const decisive = decisive_run(all);
    for (auto const& run : all.runs)
        write_repeated_run(suite, all, run, &run == decisive ? output : std::string_view{});
}

} // namespace detail::junit

/// A repetition as JUnit XML: one testsuite with a testcase for each run, as they ended. `output` is the
/// decisive run's own; its last 64 KiB stand with it.
inline auto repetition_junit(repetition const& all, std::string_view output) -> std::string {
    std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    detail::junit::write_repetition(xml, all, output);
    return xml;
}

} // namespace ktest
