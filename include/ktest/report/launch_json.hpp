#pragma once

#include <ktest/report/attempt.hpp>

namespace ktest {

/// A case that ran as a job, with all its attempts: what `result.json` of a launch holds.
inline auto launch_json(std::string_view name, job_record const& said, std::vector<attempt> const& attempts)
    -> std::string {
    using json = nlohmann::ordered_json;
    auto list = json::array();
    for (auto const& one : attempts)
        list.push_back({{"number", one.number},
                        {"job", one.job ? json(one.job->id) : json{}},
                        {"node", one.job            ? json(one.job->node)
                                 : one.record       ? json(one.record->host)
                                 : one.host.empty() ? json{}
                                                    : json(one.host)},
                        {"state", one.job ? json(one.job->state) : json{}},
                        {"launcher", detail::how_it_ended(one.launcher_status)},
                        {"record", one.record ? json(one.record->verdict) : json{}}});
    json const all{{"version", 1},
                   {"name", name},
                   {"verdict", said.verdict},
                   {"reason", said.reason},
                   {"exit_status", said.exit_status},
                   {"attempts", std::move(list)}};
    return all.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

} // namespace ktest
