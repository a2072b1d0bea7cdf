#pragma once

#include <ktest/capture.hpp>
#include <ktest/run/slurm_job.hpp>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <thread>

namespace ktest::cli {

/// Whether all nodes say how much disk they have for jobs, so that a job may ask for some.
inline auto slurm_nodes_have_disk() -> bool {
    auto const said = capture({.arguments = {"sinfo", "--noheader", "--exact", "--format=%d"}});
    if (!said || !said->succeeded() || said->out.empty()) return false;
    return ("\n" + said->out).find("\n0\n") == std::string::npos;
}

/// The job that squeue is asked for by `option`; none: there is no such job. An error: Slurm does not answer.
inline auto ask_slurm_by(std::string option) -> result<std::optional<slurm_job>> {
    auto const said = capture({.arguments = {"squeue", "--noheader", "--states=all", std::move(option),
                                             fmt::format("--format={}", slurm_job_format)}},
                              {.time = std::chrono::seconds{20}});
    if (!said) return tl::unexpected{said.error()};
    if (!said->succeeded()) return unavailable("squeue: {}", said->err.substr(0, said->err.find('\n')));
    return parse_slurm_job(said->out);
}

/// The job of this name.
inline auto ask_slurm(std::string const& name) { return ask_slurm_by("--name=" + name); }

/// The same when its launcher has ended: as the job ended, or as it is when it has not done so within some
/// seconds.
inline auto ask_slurm_how_it_ended(std::string const& name) -> result<std::optional<slurm_job>> {
    using namespace std::chrono_literals;
    auto const until = std::chrono::steady_clock::now() + 20s;
    for (;;) {
        auto job = ask_slurm(name);
        if (!job || !*job || has_ended(**job) || std::chrono::steady_clock::now() > until) return job;
        std::this_thread::sleep_for(200ms); // it is COMPLETING
    }
}

/// The job within which this process runs, whose steps cases are to be; empty: it is within none.
inline auto slurm_allocation() -> std::string {
    for (auto const* variable : {"SLURM_JOB_ID", "SLURM_JOBID"})
        if (auto const* const job = std::getenv(variable); job != nullptr) return job;
    return {};
}

} // namespace ktest::cli
