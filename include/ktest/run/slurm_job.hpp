#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace ktest {

/// A job as Slurm knows it.
struct slurm_job {
    std::string id;
    std::string state;  ///< `RUNNING`, `NODE_FAIL`, ...
    std::string node;   ///< empty: it never got one
    std::string reason; ///< why it waits, or has ended: `Resources`, `NodeDown`, ...; `None`
    friend auto operator==(slurm_job const&, slurm_job const&) -> bool = default;
};

/// What `squeue -o` has to print of a job.
constexpr std::string_view slurm_job_format = "%i|%T|%N|%r";

/// The first line that `squeue -h -o` printed; none: it knows no such job.
inline auto parse_slurm_job(std::string_view text) -> std::optional<slurm_job> {
    slurm_job job;
    auto line = text.substr(0, text.find('\n'));
    for (auto* field : {&job.id, &job.state, &job.node}) {
        auto const end = line.find('|');
        if (end == std::string_view::npos) return std::nullopt;
        *field = line.substr(0, end);
        line.remove_prefix(end + 1);
    }
    job.reason = line;
    return job.id.empty() ? std::nullopt : std::optional{job};
}

/// Whether it waits for what never comes, unless somebody changes the cluster.
inline auto can_never_run(slurm_job const& job) -> bool {
    constexpr std::array<std::string_view, 5> reasons{"BadConstraints", "InvalidAccount", "InvalidQOS",
                                                      "PartitionConfig", "PartitionTimeLimit"};
    return job.state == "PENDING" && std::find(reasons.begin(), reasons.end(), job.reason) != reasons.end();
}

/// Whether nothing more becomes of it. A job that is over is COMPLETING for some seconds, however it ended.
inline auto has_ended(slurm_job const& job) -> bool {
    constexpr std::array<std::string_view, 9> states{"BOOT_FAIL",     "CANCELLED", "COMPLETED",
                                                     "DEADLINE",      "FAILED",    "NODE_FAIL",
                                                     "OUT_OF_MEMORY", "PREEMPTED", "TIMEOUT"};
    return std::find(states.begin(), states.end(), job.state) != states.end();
}

} // namespace ktest
