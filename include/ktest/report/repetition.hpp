#pragma once

#include <ktest/report/run_report.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace ktest {

/// One run of a test that is run time and again.
struct repeated_run {
    std::size_t number = 1;
    ktest::verdict verdict;
    std::string start; ///< `cold`, or the template's id and age
    std::uint32_t seed = 0;
    std::optional<run_report::seconds> ran; ///< the test itself; none: it never began
    run_report::seconds total{};
    unsigned line = 1;                ///< of the script, as in its run_report
    std::vector<std::string> command; ///< runs it again with its seed
    std::filesystem::path directory;  ///< where its files are; empty: they were not kept
    friend auto operator==(repeated_run const&, repeated_run const&) -> bool = default;
};

/// A test that was run time and again.
struct repetition {
    run_report common;              ///< what all runs have in common, and the time that all took
    std::size_t wanted = 0;         ///< runs; 0: as many as it takes
    std::vector<repeated_run> runs; ///< as they ended
    bool was_interrupted = false;
};

/// A run from its result.json; none: the text is none.
inline auto read_repeated_run(std::size_t number, std::string_view text) -> std::optional<repeated_run> {
    try {
        auto const read = nlohmann::json::parse(text);
        auto said = read_verdict(read.at("verdict").get<std::string>(), read.at("reason").get<std::string>());
        if (!said) return std::nullopt;
        repeated_run run{.number = number,
                         .verdict = std::move(*said),
                         .start = read.at("start").get<std::string>(),
                         .seed = read.at("seed").get<std::uint32_t>(),
                         .total = run_report::seconds{read.at("total_seconds").get<double>()},
                         .line = read.at("line").get<unsigned>(),
                         .command = read.at("command").get<std::vector<std::string>>(),
                         .directory = read.at("directory").get<std::string>()};
        if (auto const& ran = read.at("test_seconds"); !ran.is_null())
            run.ran = run_report::seconds{ran.get<double>()};
        return run;
    } catch (nlohmann::json::exception const&) {
        return std::nullopt;
    }
}

/// What a run means for all of them, the worst last.
enum class weight { passed, skipped, unavailable, failed };

inline auto weight_of(verdict const& said) -> weight {
    return std::visit(detail::overloaded{
                          [](passed const&) { return weight::passed; },
                          [](skipped const&) { return weight::skipped; },
                          [](unavailable_host const&) { return weight::unavailable; },
                          [](interrupted const&) { return weight::unavailable; },
                          [](auto const&) { return weight::failed; },
                      },
                      said);
}

inline auto count(repetition const& all, weight what) -> std::size_t {
    return static_cast<std::size_t>(std::count_if(
        all.runs.begin(), all.runs.end(), [&](auto const& run) { return weight_of(run.verdict) == what; }));
}

/// The first of the worst runs that did not pass; none: all passed.
inline auto decisive_run(repetition const& all) -> repeated_run const* {
    auto const worst =
        std::max_element(all.runs.begin(), all.runs.end(), [](auto const& one, auto const& other) {
            return weight_of(one.verdict) < weight_of(other.verdict);
        });
    return worst == all.runs.end() || weight_of(worst->verdict) == weight::passed ? nullptr : &*worst;
}

/// What all of them say: interrupted where they were, else what the decisive run says.
inline auto verdict_of(repetition const& all) -> verdict {
    if (all.was_interrupted) return interrupted{};
    auto const* const decisive = decisive_run(all);
    return decisive == nullptr ? verdict{passed{}} : decisive->verdict;
}

/// The shortest, the median and the longest time of those tests that began.
inline auto test_times(repetition const& all) -> std::optional<std::array<run_report::seconds, 3>> {
    std::vector<run_report::seconds> times;
    for (auto const& run : all.runs)
        if (run.ran) times.push_back(*run.ran);
    if (times.empty()) return std::nullopt;
    std::sort(times.begin(), times.end());
    auto const middle = times.size() / 2;
    auto const median = times.size() % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
    return std::array{times.front(), median, times.back()};
}

} // namespace ktest
