#pragma once

#include <ktest/report/repetition.hpp>
#include <ktest/report/verdict_line.hpp>

namespace ktest {

/// `run 132: FAILED  0.52 s  (template 3f2a 2 h, test 0.12): exit status 1`, no newline.
inline auto repeated_run_line(repeated_run const& run, bool colour) -> std::string {
    auto line = fmt::format("run {}: {}  {:.2f} s", run.number, detail::verdict_word(run.verdict, colour),
                            run.total.count());
    if (!run.start.empty()) line += "  (" + printable_line(run.start);
    if (!run.start.empty() && run.ran) line += fmt::format(", test {:.2f}", run.ran->count());
    if (!run.start.empty()) line += ')';
    if (auto const why = printable_line(reason(run.verdict)); !why.empty()) line += ": " + why;
    return line;
}

/// How far it is: `132 of 1000 run, 7 failed`.
inline auto repetition_progress(repetition const& all) -> std::string {
    auto text =
        fmt::format("{}{} run", all.runs.size(), all.wanted == 0 ? "" : fmt::format(" of {}", all.wanted));
    for (auto const& [what, word] :
         {std::pair{weight::failed, "failed"}, std::pair{weight::unavailable, "unavailable"},
          std::pair{weight::skipped, "skipped"}})
        if (auto const some = count(all, what); some > 0) text += fmt::format(", {} {}", some, word);
    return text;
}

namespace detail {

/// `5 failed, 1 crashed, 2 skipped`; empty where all that did not pass say the same.
inline auto kinds_of(repetition const& all) -> std::string {
    std::vector<std::pair<std::string_view, std::size_t>> kinds;
    for (auto const& run : all.runs) {
        if (std::holds_alternative<passed>(run.verdict)) continue;
        auto const word = name(run.verdict);
        auto const known =
            std::find_if(kinds.begin(), kinds.end(), [&](auto const& kind) { return kind.first == word; });
        if (known == kinds.end())
            kinds.emplace_back(word, 1);
        else
            ++known->second;
    }
    std::string text;
    if (kinds.size() < 2) return text;
    for (auto const& [word, some] : kinds)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", some, word);
    return text;
}

/// `FAILED 7/1000, first: run 132`
inline auto repetition_head(repetition const& all, bool colour) -> std::string {
    auto const* const decisive = decisive_run(all);
    auto const ended = all.runs.size();
    auto head = verdict_word(verdict_of(all), colour);
    if (all.was_interrupted) {
        head += fmt::format(" after {}", ended);
        if (all.wanted != 0) head += fmt::format("/{}", all.wanted);
    }
    if (decisive == nullptr) return all.was_interrupted ? head : fmt::format("{} {}/{}", head, ended, ended);
    auto const some = count(all, weight_of(decisive->verdict));
    head += all.was_interrupted ? fmt::format(", {} {}", some, name(decisive->verdict))
                                : fmt::format(" {}/{}", some, ended);
    return head + fmt::format(", first: run {}", decisive->number);
}

} // namespace detail

/// What stands on stderr in the end, every line with its newline: the verdict line
/// `FAILED 7/1000, first: run 132: bcache on 6.12.0 (.ktest)  412.10 s  (test 0.10 to 3.40, median 0.12)`;
/// where a run failed or was unavailable, of the first such one `tests/bcache:17: error: run 132: failed:
/// why`, `files: ` with its directory and `again: ` with the command that runs it again with its seed.
inline auto repetition_text(repetition const& all, bool colour) -> std::string {
    auto const& common = all.common;
    auto text = detail::repetition_head(all, colour) + ": " + printable_line(full_name(common));
    if (!common.kernel_release.empty()) text += " on " + printable_line(common.kernel_release);
    if (!common.kernel_name.empty()) text += " (" + printable_line(common.kernel_name) + ")";
    text += fmt::format("  {:.2f} s", common.total.count());
    if (auto const times = test_times(all))
        text += fmt::format("  (test {:.2f} to {:.2f}, median {:.2f})", (*times)[0].count(),
                            (*times)[2].count(), (*times)[1].count());
    if (auto const kinds = detail::kinds_of(all); !kinds.empty()) text += ": " + kinds;
    auto const* const decisive = decisive_run(all);
    if (decisive == nullptr) return text + '\n';
    if (weight_of(decisive->verdict) == weight::skipped) {
        auto const why = printable_line(reason(decisive->verdict));
        return text + (why.empty() ? "\n" : ": " + why + '\n');
    }
    text += fmt::format("\n{}:{}: error: run {}: {}\n", printable_line(common.script.string()),
                        decisive->line, decisive->number, detail::what_happened(decisive->verdict));
    if (!decisive->directory.empty())
        text += fmt::format("files: {}\n", printable_line(decisive->directory.string()));
    if (!decisive->command.empty()) text += fmt::format("again: {}\n", shell_quote(decisive->command));
    return text;
}

} // namespace ktest
