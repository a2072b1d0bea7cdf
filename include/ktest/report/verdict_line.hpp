#pragma once

#include <ktest/report/guilty_line.hpp>
#include <ktest/report/printable.hpp>
#include <ktest/report/run_report.hpp>
#include <ktest/shell_quote.hpp>

#include <cctype>

namespace ktest {

namespace detail {

/// `PASSED`, `TIMED OUT`, ..., in a terminal's green, red or yellow when colour is wanted.
inline auto verdict_word(verdict const& said, bool colour) -> std::string {
    std::string word{name(said)};
    for (auto& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (!colour) return word;
    auto const code = std::visit(overloaded{
                                     [](passed const&) { return 32; },
                                     [](failed const&) { return 31; },
                                     [](crashed const&) { return 31; },
                                     [](timed_out const&) { return 31; },
                                     [](auto const&) { return 33; },
                                 },
                                 said);
    return fmt::format("\x1b[1;{}m{}\x1b[0m", code, word);
}

/// `failed: why`, `crashed in test: why`
inline auto what_happened(verdict const& said) -> std::string {
    auto const has_stage = std::holds_alternative<crashed>(said) || std::holds_alternative<timed_out>(said);
    auto const why = printable_line(reason(said));
    if (why.empty()) return std::string{name(said)};
    return fmt::format("{}{} {}", name(said), has_stage ? "" : ":", why);
}

} // namespace detail

/// `PASSED bcache on 6.12.0 (.ktest)  2.31 s  (cold, ready 0.85, test 1.40)`, and behind it, where the test
/// did not pass, `: ` and the reason. What is not known is left out; no newline.
inline auto verdict_line(run_report const& report, bool colour) -> std::string {
    auto line =
        fmt::format("{} {}", detail::verdict_word(report.verdict, colour), printable_line(full_name(report)));
    if (!report.kernel_release.empty()) line += " on " + printable_line(report.kernel_release);
    if (!report.kernel_name.empty())
        line += (report.kernel_release.empty() ? " on (" : " (") + printable_line(report.kernel_name) + ")";
    line += fmt::format("  {:.2f} s  ({}", report.total.count(), report.start);
    if (report.boot) line += fmt::format(", ready {:.2f}", report.boot->count());
    if (report.ran) line += fmt::format(", test {:.2f}", report.ran->count());
    if (report.boots > 1) line += fmt::format(", {} boots", report.boots);
    line += ')';
    if (auto const why = printable_line(reason(report.verdict)); !why.empty()) line += ": " + why;
    return line;
}

/// What stands on stderr in the end, every line with its newline: the verdict line and, but for a pass or a
/// skip, `tests/bcache:17: error: failed: why` for editors, the same for the source of the kernel where a
/// report says more, and `again: ` with the command that runs it again.
inline auto verdict_text(run_report const& report, bool colour) -> std::string {
    auto text = verdict_line(report, colour) + '\n';
    if (std::holds_alternative<passed>(report.verdict) || std::holds_alternative<skipped>(report.verdict))
        return text;
    text += fmt::format("{}:{}: error: {}\n", printable_line(report.script.string()), report.line,
                        detail::what_happened(report.verdict));
    for (auto const& node : report.nodes)
        text += fmt::format("{}: note: node {} {}\n", printable_line(report.script.string()), node.name,
                            detail::what_happened(node.verdict));
    auto const cause = std::find_if(report.kernel_reports.begin(), report.kernel_reports.end(),
                                    [](kernel_report const& one) {
                                        return !one.excused && !one.before_test && !one.source_line.empty();
                                    });
    if (cause != report.kernel_reports.end()) text += guilty_line(cause->source_line, cause->what) + '\n';
    if (!report.command.empty()) text += fmt::format("again: {}\n", shell_quote(report.command));
    return text;
}

} // namespace ktest
