#pragma once

#include "../report_error.hpp"
#include "awaited_signals.hpp"
#include "job_guardian.hpp"
#include "job_protocol.hpp"
#include "run_ssh.hpp"
#include "slurm.hpp"
#include <ktest/report/launch_json.hpp>
#include <ktest/report/printable.hpp>
#include <ktest/report/run_directory.hpp>
#include <ktest/run/job_limits.hpp>
#include <ktest/run/launcher.hpp>
#include <ktest/run/nonce.hpp>
#include <ktest/run/ssh_hosts.hpp>
#include <ktest/run/ssh_launcher.hpp>

namespace ktest::cli {

/// What `ktest launch` is asked for.
struct launch_options {
    std::string name; ///< of the case
    job_request job;
    unsigned timeout = 0;            ///< of the test
    unsigned ctest_limit = 0;        ///< CTest's, from the moment that the job runs; 0: it has none
    std::vector<std::string> start;  ///< `slurm`, `ssh`, or a command line
    std::vector<std::string> cancel; ///< a command line
    std::vector<std::string> arguments;
    std::vector<ssh_host> hosts;
    std::optional<ssh_host> host; ///< the one that CTest gave it; none: it is not ssh's
    std::vector<std::string> run; ///< for `ktest run`
    bool bound = false;

    auto is_slurm() const { return start == std::vector<std::string>{"slurm"}; }
    auto is_ssh() const { return start == std::vector<std::string>{"ssh"}; }
};

/// One case, as one job or two.
class launched_case {
public:
    launched_case(launch_options options, run_directory files)
        : options_{std::move(options)}, files_{std::move(files)} {
        options_.job.seconds = limits_for(std::chrono::seconds{options_.timeout}).job.count();
        if (options_.is_slurm()) allocation_ = slurm_allocation();
        asks_for_disk_ = is_slurm_job() && options_.job.disk_mib > 0 && slurm_nodes_have_disk();
    }

    /// The status to end with.
    auto run() -> result<int> {
        auto once = run_job("");
        if (!once) return tl::unexpected{once.error()};
        auto const failed = *once ? failed_node(attempts_.back()) : std::nullopt;
        if (failed && options_.host) {
            auto const other = another_host(options_.hosts, *failed, options_.job.cpus, options_.name);
            tell("{}: {}; {}", options_.name, describe(attempts_.back()),
                 other ? "once more, on " + other->name : "there is no other host to try it on");
            if (!other) return settle();
            options_.host = other;
        } else if (failed) {
            tell("{}: {}; once more, not on {}", options_.name, describe(attempts_.back()), *failed);
        }
        if (failed) once = run_job(*failed);
        if (!once) return tl::unexpected{once.error()};
        return *once ? settle() : interrupt();
    }

private:
    auto is_slurm_job() const -> bool { return options_.is_slurm() && allocation_.empty(); }

    /// Runs a job and keeps what came of it; false: this process is to end.
    auto run_job(std::string_view exclude) -> result<bool> {
        attempt one{.number = static_cast<unsigned>(attempts_.size()) + 1,
                    .is_step = !allocation_.empty(),
                    .host = options_.host ? options_.host->name : ""};
        auto const directory = files_.path / fmt::format("attempt-{}", one.number);
        auto const nonce = make_nonce();
        if (::mkdir(directory.c_str(), 0777) != 0) return system_failure(errno, "{}", directory.string());
        if (auto kept = write_file(nonce_file(directory), nonce); !kept) return tl::unexpected{kept.error()};
        options_.job.name = job_name(options_.name, nonce);
        auto const with = command_lines(directory, exclude);
        if (!with) return tl::unexpected{with.error()};
        auto guardian = job_guardian::post(with->cancel);
        if (!guardian) return tl::unexpected{guardian.error()};
        auto ended = options_.host ? wait_for_ssh(with->start, one) : wait_for(with->start, one);
        if (!ended || !*ended) return ended;
        one.record = read_file(record_file(directory))
                         .map([&](std::string const& text) { return parse_job_record(text, nonce); })
                         .value_or(std::nullopt);
        if (is_over(one)) guardian->dismiss();
        if (one.is_step && one.job) one.job->node = read_file(host_file(directory)).value_or("");
        attempts_.push_back(std::move(one));
        return true;
    }

    /// Whether nothing of the job is left, for certain; asks Slurm about one whose end ktest does not
    /// explain, and of a step's end about its allocation.
    auto is_over(attempt& one) const -> bool {
        auto over = one.record.has_value();
        if (options_.is_slurm() && !one.job
            && (!one.record || one.record->verdict == ktest::name(interrupted{}))) {
            auto known = one.is_step ? ask_slurm_by("--jobs=" + allocation_)
                                     : ask_slurm_how_it_ended(options_.job.name);
            if (!known) tell("{}: {}", options_.name, known.error().message);
            over = over || (known && (!*known || has_ended(**known)));
            one.job = known.value_or(std::nullopt);
        }
        return over;
    }

    /// What starts the job, with this very program in it, and what cancels it.
    auto command_lines(std::filesystem::path const& directory, std::string_view exclude) const
        -> result<launcher> {
        std::error_code unknown;
        std::vector<std::string> run{std::filesystem::read_symlink("/proc/self/exe", unknown).string(),
                                     "run",
                                     "--record",
                                     directory.string(),
                                     "--timeout",
                                     std::to_string(options_.timeout),
                                     "--slot-wait",
                                     std::to_string(job_slot_wait.count())};
        if (options_.host) run.emplace_back("--bound-input");
        run.insert(run.end(), options_.run.begin(), options_.run.end());
        if (options_.host) {
            auto const& name = options_.host->name;
            far_command const far{std::filesystem::current_path(), far_environment(name), std::move(run)};
            return launcher{ssh_command(options_.arguments, name, far), {}};
        }
        auto const with = is_slurm_job() ? slurm_launcher(options_.arguments, asks_for_disk_, exclude)
                          : options_.is_slurm()
                              ? slurm_step_launcher(options_.arguments, allocation_, exclude)
                              : launcher{options_.start, options_.cancel};
        auto start = fill_placeholders(with.start, options_.job);
        auto cancel = fill_placeholders(with.cancel, options_.job);
        if (!start) return tl::unexpected{start.error()};
        if (!cancel) return tl::unexpected{cancel.error()};
        start->insert(start->end(), run.begin(), run.end());
        return launcher{std::move(*start), std::move(*cancel)};
    }

    /// Waits for the launcher's end, or until its job is known to wait for ever; false: this process was told
    /// to end. Slurm is asked only while a job waits, and seldom, for a thousand others may do the same.
    auto wait_for(std::vector<std::string> const& words, attempt& one) const -> result<bool> {
        using namespace std::chrono_literals;
        awaited_signals const signals;
        auto child = start({.arguments = words, .descriptors = {{1, 1}, {2, 2}}});
        if (!child) return tl::unexpected{child.error()};
        auto look_after = is_slurm_job() ? 5s : 0s; // 0: not at all
        for (;;) {
            auto const number = look_after > 0s ? signals.next_within(look_after) : signals.next();
            if (number != 0 && number != SIGCHLD) return false;
            if (auto const status = child->try_wait()) {
                one.launcher_status = *status;
                return true;
            }
            if (number == SIGCHLD) continue;
            auto const job = ask_slurm(options_.job.name).value_or(std::nullopt);
            if (job && can_never_run(*job)) {
                one.launcher_status = SIGKILL; // as `child` ends now
                one.job = job;
                return true;
            }
            look_after = !job || job->state == "PENDING" ? 60s : 0s;
        }
    }

    /// The same for ssh.
    auto wait_for_ssh(std::vector<std::string> const& words, attempt& one) const -> result<bool> {
        auto const ended = run_ssh(words, std::chrono::seconds{options_.job.seconds});
        if (!ended) return tl::unexpected{ended.error()};
        if (!*ended) return false;
        one.launcher_status = (*ended)->status;
        if ((*ended)->timed_out)
            tell("{}: ssh to {} did not end in {} s", options_.name, one.host, options_.job.seconds);
        return true;
    }

    /// The guardian of the job was not dismissed: it cancels it.
    auto interrupt() const -> int {
        if (options_.host)
            tell("{}: INTERRUPTED; it ends on {}", options_.name, options_.host->name);
        else
            tell("{}: INTERRUPTED; its job {} is being cancelled", options_.name, options_.job.name);
        return exit_status(interrupted{});
    }

    auto settle() const -> int {
        auto const& last = attempts_.back();
        auto const said = to_record(last);
        if (!last.record || said != *last.record)
            tell("{}: {}: {}", options_.name, said.verdict, printable_line(said.reason));
        if (last.number > 1) {
            for (auto const& one : attempts_)
                tell("{}: attempt {}: {}", options_.name, one.number, describe(one));
            tell("{}: {} at the second attempt; files: {}", options_.name, said.verdict,
                 files_.path.string());
        }
        auto const kept =
            write_file(files_.path / "result.json", launch_json(options_.name, said, attempts_));
        return kept ? said.exit_status : report(kept.error());
    }

    launch_options options_;
    run_directory files_;
    std::string allocation_; ///< Slurm's, of which the case is a step; empty: it is a job
    bool asks_for_disk_ = false;
    std::vector<attempt> attempts_;
};

} // namespace ktest::cli
