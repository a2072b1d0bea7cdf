#pragma once

#include <ktest/report/repetition.hpp>
#include <ktest/report/result_json.hpp>

namespace ktest {

namespace detail {

inline auto json_runs(repetition const& all) -> nlohmann::ordered_json {
    auto list = nlohmann::ordered_json::array();
    for (auto const& run : all.runs)
        list.push_back({{"run", run.number},
                        {"verdict", name(run.verdict)},
                        {"reason", reason(run.verdict)},
                        {"start", run.start},
                        {"seed", run.seed},
                        {"test_seconds", json_seconds(run.ran)},
                        {"total_seconds", run.total.count()},
                        {"directory", run.directory.string()}});
    return list;
}

} // namespace detail

/// A repetition as JSON, what its `result.json` and `--json FILE` hold; a key that a single run's result has,
/// too, means the same. `first` is the run that decided, null where all passed; in `runs` they stand as they
/// ended, those whose files were not kept with an empty `directory`.
inline auto repetition_json(repetition const& all) -> std::string {
    using json = nlohmann::ordered_json;
    auto const& common = all.common;
    auto const said = verdict_of(all);
    auto const* const decisive = decisive_run(all);
    auto const times = test_times(all);
    auto const time = [&](std::size_t which) {
        return detail::json_seconds(times ? std::optional{(*times)[which]} : std::nullopt);
    };
    json const result{
        {"version", 1},
        {"test", common.test},
        {"script", common.script.string()},
        {"chosen", common.chosen},
        {"arguments", common.arguments},
        {"verdict", name(said)},
        {"reason", reason(said)},
        {"exit_status", exit_status(said)},
        {"kernel", {{"name", common.kernel_name}, {"release", common.kernel_release}}},
        {"image", common.image.string()},
        {"accelerator", common.accelerator},
        {"wanted", all.wanted == 0 ? json{} : json(all.wanted)},
        {"ended", all.runs.size()},
        {"passed", count(all, weight::passed)},
        {"failed", count(all, weight::failed)},
        {"skipped", count(all, weight::skipped)},
        {"unavailable", count(all, weight::unavailable)},
        {"first", decisive != nullptr ? json(decisive->number) : json{}},
        {"again", decisive != nullptr ? json(decisive->command) : json{}},
        {"test_times", {{"shortest", time(0)}, {"median", time(1)}, {"longest", time(2)}}},
        {"total_seconds", common.total.count()},
        {"started_at", fmt::format("{:%FT%TZ}", common.started_at)},
        {"host", common.host},
        {"directory", common.directory.string()},
        {"command", common.command},
        {"runs", detail::json_runs(all)},
    };
    return result.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

} // namespace ktest
