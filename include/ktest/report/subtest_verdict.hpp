#pragma once

#include <ktest/report/subtest.hpp>
#include <ktest/run/verdict.hpp>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace ktest {

constexpr auto counts_as_failure(outcome what) -> bool {
    return what == outcome::failed || what == outcome::timed_out || what == outcome::missing;
}

/// What a run says when its subtests are heard, too: one that failed, or was planned and never came, fails a
/// test that said success or skipped. Nothing that went wrong otherwise gets better.
inline auto with_subtests(verdict said, std::vector<subtest> const& subtests) -> verdict {
    if (!std::holds_alternative<passed>(said) && !std::holds_alternative<skipped>(said)) return said;
    auto const is_failure = [](subtest const& one) { return counts_as_failure(one.what); };
    auto const first = std::find_if(subtests.begin(), subtests.end(), is_failure);
    if (first == subtests.end()) return said;
    auto why = fmt::format("subtest {} {}{}{}", first->name,
                           first->what == outcome::missing ? "is missing" : to_string(first->what),
                           first->detail.empty() ? "" : ": ", first->detail);
    if (auto const more = std::count_if(first + 1, subtests.end(), is_failure); more > 0)
        why += fmt::format(" (and {} more)", more);
    return failed{std::move(why)};
}

/// The subtests of a test's output, and behind them those of the kernel's log that are not among them: many a
/// test prints what a module has logged.
inline auto all_subtests(std::vector<subtest> of_output, std::vector<subtest> const& of_kernel)
    -> std::vector<subtest> {
    std::set<std::pair<std::string, outcome>> printed;
    for (auto const& one : of_output) printed.emplace(one.name, one.what);
    for (auto const& one : of_kernel)
        if (printed.count({one.name, one.what}) == 0) of_output.push_back(one);
    return of_output;
}

} // namespace ktest
