#pragma once

#include <ktest/report/job_record.hpp>
#include <ktest/run/slurm_job.hpp>

#include <sys/wait.h>

namespace ktest {

/// One job of a case, as it is known when its launcher has ended.
struct attempt {
    unsigned number = 1;
    int launcher_status = 0;          ///< waitpid's
    std::optional<job_record> record; ///< none: ktest did not come to the end of the run in it
    std::optional<slurm_job> job;     ///< none: it is not Slurm's, or Slurm knows it no more
    bool is_step = false;             ///< `job` is the allocation, and its node the step's
    std::string host;                 ///< that ssh was to reach; empty: it is not ssh's
};

namespace detail {

/// `ended with 1`, `was killed by signal 9`
inline auto how_it_ended(int status) -> std::string {
    return WIFSIGNALED(status) ? fmt::format("was killed by signal {}", WTERMSIG(status))
                               : fmt::format("ended with {}", WEXITSTATUS(status));
}

/// What Slurm did to a job that ktest did not end; none: it let it be.
inline auto intervention(attempt const& one) -> std::optional<verdict> {
    if (!one.job) return std::nullopt;
    auto const& [id, state, node, why] = *one.job;
    if (can_never_run(*one.job))
        return unavailable_host{
            fmt::format("Slurm's job {} can never run ({}): no node has what it asks for", id, why)};
    if (state == "CANCELLED") return interrupted{fmt::format("Slurm's job {} was cancelled", id)};
    if (state == "PREEMPTED") return unavailable_host{fmt::format("Slurm's job {} was preempted", id)};
    if (state == "TIMEOUT" || state == "DEADLINE")
        return unavailable_host{
            fmt::format("Slurm's job {} was out of Slurm's time, with ktest's own left", id)};
    if (state == "OUT_OF_MEMORY")
        return unavailable_host{fmt::format("Slurm's job {} was killed for its memory", id)};
    if (one.is_step && has_ended(*one.job))
        return unavailable_host{fmt::format(
            "Slurm's job {}, the allocation, has ended: {} (one made with --no-kill outlives its nodes)", id,
            state)};
    return std::nullopt;
}

/// Whether ssh itself failed: it could not reach the host, or lost it, and with it whoever had a word to say.
/// A ktest that is cut off ends as interrupted.
inline auto is_cut_off(attempt const& one) -> bool {
    constexpr auto own_failure = 255;
    return !one.host.empty() && WIFEXITED(one.launcher_status)
           && WEXITSTATUS(one.launcher_status) == own_failure
           && (!one.record || one.record->verdict == name(interrupted{}));
}

} // namespace detail

/// Where it ran and what it left, in a phrase: `job 12 on n2: NODE_FAIL, no record`.
inline auto describe(attempt const& one) -> std::string {
    auto const ended = detail::how_it_ended(one.launcher_status);
    auto text = one.is_step && one.job ? fmt::format("a step of job {}", one.job->id)
                : one.job              ? fmt::format("job {}", one.job->id)
                : !one.host.empty()    ? fmt::format("ssh to {}", one.host)
                                       : std::string{"the launcher"};
    if (one.job && !one.job->node.empty()) text += " on " + one.job->node;
    if (!one.job && one.host.empty() && one.record) text += " on " + one.record->host;
    text += fmt::format(": {}", one.job && !one.is_step ? one.job->state : ended);
    return text + (one.record && !detail::is_cut_off(one) ? ", " + one.record->verdict : ", no record");
}

/// What an attempt says of its case: what ktest wrote down, and only where that is missing, or is that
/// somebody ended the job, what Slurm knows. An exit status of 0 says nothing.
inline auto to_record(attempt const& one) -> job_record {
    if (detail::is_cut_off(one))
        return make_job_record("", one.host,
                               unavailable_host{fmt::format("ssh could not reach {}, or lost it", one.host)});
    if (one.record && one.record->verdict != name(interrupted{})) return *one.record;
    if (auto const done = detail::intervention(one)) return make_job_record("", one.job->node, *done);
    if (one.record) return *one.record;
    return make_job_record(
        "", one.job ? one.job->node : one.host,
        unavailable_host{fmt::format("the run left no record ({}; the launcher {})", describe(one),
                                     detail::how_it_ended(one.launcher_status))});
}

/// The node to avoid when the case is tried once more: the one that failed under it, whatever the test would
/// have said. None: there was a verdict, or somebody ended the job, or no other node can help. A job that is
/// COMPLETING still, without a word of ktest's, is on a node that Slurm has not given up yet.
inline auto failed_node(attempt const& one) -> std::optional<std::string> {
    if (detail::is_cut_off(one)) return one.host;
    if (one.record || !one.job || one.job->node.empty() || detail::intervention(one)) return std::nullopt;
    auto const& state = one.job->state;
    if (one.is_step ? state != "RUNNING" : !has_ended(*one.job) && state != "COMPLETING") return std::nullopt;
    return one.job->node;
}

} // namespace ktest
