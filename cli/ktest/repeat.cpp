#include "repeat.hpp"

#include "../report_error.hpp"
#include "awaited_signals.hpp"
#include <ktest/forked_copy.hpp>
#include <ktest/report/repetition_json.hpp>
#include <ktest/report/repetition_junit.hpp>
#include <ktest/report/repetition_line.hpp>

#include <deque>
#include <random>

namespace ktest::cli {

namespace {

/// The runs of one test that go on, and those that have ended.
class repeater {
public:
    repeater(run_options const& options, test_plan& plan, paths const& where, repetition& all,
             progress& console)
        : options_{options}, plan_{plan}, where_{where}, all_{all}, console_{console} {}

    void run() {
        awaited_signals const signals;
        for (;;) {
            while (wants_more()) {
                auto const number = ++begun_;
                if (auto started = start(number); !started) {
                    end({.number = number, .verdict = unavailable_host{started.error().message}});
                    stop();
                }
            }
            if (running_.empty()) return;
            console_.update(repetition_progress(all_));
            auto const number = signals.next();
            if (number == SIGCHLD) {
                reap();
            } else {
                all_.was_interrupted = true;
                if (stopping_) running_.clear(); // asked again: no run has the time to tidy up
                stop();
            }
        }
    }

private:
    struct running {
        std::size_t number;
        std::filesystem::path directory;
        child_process process;
    };

    auto wants_more() const -> bool {
        return !stopping_ && running_.size() < std::max(options_.repeat.parallel, 1U)
               && (all_.wanted == 0 || begun_ < all_.wanted);
    }

    auto start(std::size_t number) -> result<void> {
        auto directory = all_.common.directory / fmt::format("run-{}", number);
        if (::mkdir(directory.c_str(), 0777) != 0) return system_failure(errno, "{}", directory.string());
        return fork_copy([&] { return run_one(directory); }).map([&](child_process process) {
            running_.push_back({number, std::move(directory), std::move(process)});
        });
    }

    /// In the copy: one run as any other, but that it says nothing here.
    auto run_one(std::filesystem::path const& directory) -> int {
        ::signal(SIGPIPE, SIG_IGN);
        for (auto const number : {STDIN_FILENO, STDOUT_FILENO})
            if (auto null = open_file("/dev/null", O_RDWR)) ::dup2(null->get(), number);
        auto const said = open_file(directory / "ktest.log", O_WRONLY | O_CREAT | O_APPEND);
        if (said) ::dup2(said->get(), STDERR_FILENO);
        auto options = options_;
        options.directory = directory;
        options.json.clear();
        options.junit.clear();
        plan_.start.nonce = make_nonce();
        plan_.seed = options.request.seed ? *options.request.seed : std::random_device{}();
        progress console{STDERR_FILENO};
        auto const ended = run_planned(options, std::move(plan_), where_,
                                       options.cold   ? template_use::none
                                       : options.warm ? template_use::forced
                                                      : template_use::at_once,
                                       console);
        return ended ? exit_status(ended->report.verdict) : report(ended.error());
    }

    void reap() {
        for (std::size_t i = 0; i < running_.size();)
            if (auto const status = running_[i].process.try_wait()) {
                auto ended = std::move(running_[i]);
                running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
                take(ended, *status);
            } else {
                ++i;
            }
    }

    /// What a run says that has ended.
    void take(running const& ended, int status) {
        auto run = read_repeated_run(ended.number, read_file(ended.directory / "result.json").value_or(""));
        if (!run) run = without_result(ended, status);
        if (std::holds_alternative<interrupted>(run->verdict)) {
            if (!stopping_) all_.was_interrupted = true; // by 'ktest stop'
            std::error_code ignored;
            std::filesystem::remove_all(ended.directory, ignored);
            return stop();
        }
        end(std::move(*run));
    }

    void end(repeated_run run) {
        auto const is_pass = std::holds_alternative<passed>(run.verdict);
        if (!is_pass) console_.line(repeated_run_line(run, console_.colour()));
        all_.runs.push_back(std::move(run));
        keep_some();
        if (!is_pass && options_.repeat.until_fail) stop();
    }

    static auto without_result(running const& ended, int status) -> repeated_run {
        repeated_run run{.number = ended.number, .directory = ended.directory};
        // One that has no guest yet dies of the signal by which its user ends a run.
        auto const ends_runs = [](int number) {
            return number == SIGINT || number == SIGTERM || number == SIGHUP;
        };
        auto const is_interrupted = WIFSIGNALED(status) ? ends_runs(WTERMSIG(status))
                                                        : WEXITSTATUS(status) == exit_status(interrupted{});
        auto said = read_file(ended.directory / "ktest.log").value_or("");
        said = printable_line(last_lines(said, 1024));
        auto const how = WIFSIGNALED(status) ? fmt::format("it was killed by signal {}", WTERMSIG(status))
                                             : fmt::format("it ended with status {}", WEXITSTATUS(status));
        run.verdict = is_interrupted ? verdict{interrupted{}}
                                     : verdict{unavailable_host{said.empty() ? how : how + ": " + said}};
        return run;
    }

    /// The files of the last runs stay, and those of the first failures.
    void keep_some() {
        auto const last = all_.runs.size() - 1;
        auto const is_failure = weight_of(all_.runs[last].verdict) >= weight::unavailable;
        if (is_failure && failures_kept_ < failures_kept_of) {
            ++failures_kept_;
            return;
        }
        others_.push_back(last);
        if (others_.size() <= recent_runs_kept) return;
        auto& old = all_.runs[others_.front()];
        std::error_code ignored;
        std::filesystem::remove_all(std::exchange(old.directory, {}), ignored);
        others_.pop_front();
    }

    void stop() {
        stopping_ = true;
        for (auto const& each : running_) each.process.signal(SIGINT);
    }

    run_options const& options_;
    test_plan& plan_;
    paths const& where_;
    repetition& all_;
    progress& console_;
    std::vector<running> running_;
    std::deque<std::size_t> others_; ///< whose files are there, of runs that are no failures
    std::size_t failures_kept_ = 0;
    std::size_t begun_ = 0;
    bool stopping_ = false;
};

} // namespace

auto repeat(run_options const& options, test_plan plan, paths const& where, progress& console)
    -> result<verdict> {
    repetition all{.common = begin_report(options, plan), .wanted = options.repeat.runs};
    all.common.start.clear();
    auto const files = make_output_directory(options, all.common, where);
    if (!files) return tl::unexpected{files.error()};
    if (!files->notice.empty()) console.line("ktest: " + files->notice);
    all.common.directory = files->path;

    auto const begun = std::chrono::steady_clock::now();
    repeater{options, plan, where, all, console}.run();
    all.common.total = std::chrono::steady_clock::now() - begun;
    console.clear();
    auto const* const decisive = decisive_run(all);
    auto const has_files = decisive != nullptr && !decisive->directory.empty();
    auto const output = has_files ? read_file(decisive->directory / "test.log").value_or("") : std::string{};
    auto const written =
        write_results(files->path, options, repetition_json(all), repetition_junit(all, output), console);
    if (auto shown = write_all(STDOUT_FILENO, output); !shown)
        console.line(fmt::format("ktest: stdout: {}", shown.error().message));
    (void)write_all(STDERR_FILENO, repetition_text(all, console.colour()));
    auto const said = verdict_of(all);
    if (!written && std::holds_alternative<passed>(said)) return unavailable_host{};
    return said;
}

} // namespace ktest::cli
