#pragma once

#include <ktest/ignored_signal.hpp>
#include <ktest/run/command_input.hpp>
#include <ktest/run/guest_outcome.hpp>
#include <ktest/run/judge.hpp>
#include <ktest/run/output_copy.hpp>
#include <ktest/run/run_log.hpp>
#include <ktest/run/session.hpp>
#include <ktest/run/timeouts.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ktest {

/// What a run is told beforehand, and whom it tells.
struct guest_run_options {
    wire::run start; ///< what init is told; the nonce in it is the run's
    timeouts budgets;
    judge_rules rules;
    std::optional<wire::wake> wake; ///< what a restored guest is told first; none: it boots
    bool console_on_stdout = false; ///< instead of the test's output
    bool hold_failed = false;       ///< keep the VM when the test has ended without success
    bool hold_always = false;       ///< keep it whatever the verdict
    bool power_off = false;         ///< when it is interrupted: the guest's disk is kept, so it must sync
    std::function<void(std::string_view)> say;   ///< a line for the user
    std::function<bool()> is_debugged;           ///< whether a debugger has the guest; empty: nobody can
    std::function<void(verdict const&)> on_hold; ///< the VM stays: tell how to get in
    std::function<void(wire::from_guest const&)> on_guest; ///< everything that init says
    bool whole_kernel_log = false; ///< tell all of it, not only the warnings of the test's own time
    std::function<void(kernel_record const&)> on_kernel_record;
};

/// One VM from QEMU's start to its end: a test, a command, or nothing but the guest, as the rules say.
class guest_run {
public:
    using clock = std::chrono::steady_clock;

    guest_run(guest_run_options options, run_log& log)
        : options_{std::move(options)},
          log_{log},
          judge_{options_.start.nonce, options_.rules},
          signals_{loop_, SIGINT, SIGTERM},
          stage_timer_{loop_},
          step_timer_{loop_},
          input_{loop_},
          copy_{loop_, (options_.console_on_stdout ? log.console() : log.test()).get(), STDOUT_FILENO,
                [this](auto const& why) { stdout_failed(why); }} {}

    /// Runs the VM to its end. An error: QEMU could not even be started.
    auto run(launch with) -> result<guest_outcome> {
        begun_ = clock::now();
        if (!is_ignored(SIGHUP)) signals_.add(SIGHUP);
        signals_.async_wait([this](auto cancelled, int number) {
            if (!cancelled) interrupted_by(number);
        });
        auto session =
            session::begin(loop_, std::move(with), [this](session_event const& event) { on(event); });
        if (!session) return tl::unexpected{session.error()};
        session_ = std::move(*session);
        limit_stage(stage::boot, options_.wake ? options_.budgets.wake : options_.budgets.boot);
        while (!gone_ && loop_.run_one() > 0) {
        }
        auto const ended = clock::now();
        stage_timer_.cancel();
        step_timer_.cancel();
        while (!copy_.done() && !abandoned_ && loop_.run_one() > 0) {
        }
        guest_outcome outcome{.said = final_.value_or(*judge_.decision()),
                              .wait_status = judge_.wait_status(),
                              .boots = judge_.boot(),
                              .total = decided_.value_or(ended) - begun_};
        outcome.start_again = start_again_;
        if (ready_) outcome.boot = *ready_ - begun_;
        if (started_) outcome.test = decided_.value_or(ended) - *started_;
        return outcome;
    }

private:
    void on(session_event const& event) {
        keep(event);
        if (auto const* said = std::get_if<wire::from_guest>(&event)) {
            if (auto const* awake = std::get_if<wire::awake>(said); awake != nullptr && !is_well(*awake))
                return session_->kill();
            heed(*said);
        }
        auto const step = judge_.see(event);
        if (auto const* halt = std::get_if<guest_stopped>(&event)) {
            stopped_ = halt->stopped;
            if (!stopped_ && options_.wake && !std::exchange(woken_, true)) wake();
        }
        auto const* const moved = std::get_if<state_moved>(&event);
        if (moved != nullptr && !moved->whole) session_->kill();
        if (auto const* gone = std::get_if<machine_gone>(&event)) {
            gone_ = true;
            if (!started_) start_again_ = detail::mishap_at_start(*gone);
            if (options_.wake && !ready_)
                start_again_ = "the guest restored from a template did not wake up" + complaint_line(*gone);
        }
        if (std::holds_alternative<guest_reset>(event) && !options_.budgets.test)
            limit_stage(stage::boot, options_.budgets.boot);
        take(step);
    }

    /// Writes down what an event brings.
    void keep(session_event const& event) {
        auto written = result<void>{};
        if (auto const* output = std::get_if<output_bytes>(&event)) {
            written = log_.add_output(output->data);
        } else if (auto const* console = std::get_if<console_bytes>(&event)) {
            written = log_.add_console(console->data);
        } else if (auto const* said = std::get_if<wire::from_guest>(&event)) {
            if (auto const* piece = std::get_if<wire::out_file>(said)) written = log_.add_out_file(*piece);
            if (auto const* records = std::get_if<wire::kernel_log>(said))
                written = keep_kernel_log(*records);
        }
        copy_.grown();
        if (!written) take(judge_.host_failed(written.error()));
    }
    auto keep_kernel_log(wire::kernel_log const& log) -> result<void> {
        return log_.add_kernel_log(log).map([this](auto const& records) {
            constexpr unsigned warning = 4;
            for (auto const& record : records)
                if (options_.whole_kernel_log || (judge_.where() != stage::boot && record.level <= warning))
                    options_.on_kernel_record(record);
        });
    }

    void heed(wire::from_guest const& said) {
        auto const is_ready =
            std::holds_alternative<wire::ready>(said) || std::holds_alternative<wire::awake>(said);
        if (is_ready && !ready_) ready_ = clock::now();
        if (std::holds_alternative<wire::started>(said) && !started_) {
            started_ = clock::now();
            if (options_.budgets.test) limit_stage(stage::test, *options_.budgets.test);
        }
        if (std::holds_alternative<wire::started>(said) && !options_.budgets.test) stage_timer_.cancel();
        options_.on_guest(said);
    }

    void take(judge::next step) {
        switch (step) {
        case judge::next::nothing: return;
        case judge::next::run_test: return start_test();
        case judge::next::wait_for_stragglers:
            return after(options_.budgets.stragglers, [this] { take(judge_.stragglers_gone()); });
        case judge::next::finish:
            session_->tell(wire::finish{options_.start.nonce});
            return after(options_.budgets.shutdown, [this] { take(judge_.finish_time_up()); });
        case judge::next::await_death:
            return after(options_.budgets.death, [this] { take(judge_.death_awaited()); });
        case judge::next::conclude: return conclude();
        }
    }

    /// A command is of no use any more; a test's log has everything, and a VM was not started to be watched.
    void stdout_failed(std::string const& why) {
        if (options_.rules.status_decides)
            return take(judge_.host_failed({fault::unavailable, fmt::format("stdout: {}", why)}));
        options_.say(log_.directory().empty()
                         ? fmt::format("stdout: {}; the console is not shown any more", why)
                         : fmt::format("stdout: {}; the test's output goes on in {}", why,
                                       (log_.directory() / "test.log").string()));
    }

    static auto wall_clock() -> std::uint64_t {
        return static_cast<std::uint64_t>(
            std::chrono::nanoseconds{std::chrono::system_clock::now().time_since_epoch()}.count());
    }

    /// Whether it is the guest that was woken, and lives in the present.
    auto is_well(wire::awake const& awake) const -> bool {
        constexpr std::uint64_t slack = 50'000'000;
        return awake.nonce == options_.start.nonce && awake.wall_clock_ns + slack >= woken_at_
               && awake.wall_clock_ns <= wall_clock() + slack;
    }

    void wake() {
        auto message = *options_.wake;
        message.wall_clock_ns = woken_at_ = wall_clock();
        session_->tell(std::move(message));
    }

    void start_test() {
        auto start = options_.start;
        start.wall_clock_ns = wall_clock();
        start.environment.push_back(fmt::format("KTEST_BOOT={}", judge_.boot()));
        if (start.arguments.empty()) stage_timer_.cancel();
        auto const io = static_cast<wire::streams>(start.io);
        session_->tell(std::move(start));
        if (io != wire::streams::test && judge_.boot() == 1)
            input_.begin(*session_, io == wire::streams::terminal, [this] { interrupted_by(SIGINT); });
    }

    void conclude() {
        decided_ = clock::now();
        stage_timer_.cancel();
        step_timer_.cancel();
        auto const& said = *judge_.decision();
        auto const sleeps = options_.wake && !ready_; // another guest will boot in its place
        auto const holdable = !gone_ && !sleeps && !std::holds_alternative<interrupted>(said);
        auto const failure = std::holds_alternative<failed>(said);
        if (holdable && (options_.hold_always || (options_.hold_failed && failure)))
            options_.on_hold(said);
        else
            session_->kill();
    }

    void interrupted_by(int number) {
        auto const text = fmt::format("by {}", number == SIGINT ? "Ctrl-C" : ::strsignal(number));
        if (judge_.decision()) { // the VM was being held, or stdout is being waited for
            if (!gone_) final_ = interrupted{text};
            abandoned_ = gone_;
            session_->kill();
        } else if (options_.power_off && !std::exchange(asked_to_power_off_, true)) {
            session_->tell(wire::power_off{});
            after(options_.budgets.shutdown, [this, text] { take(judge_.interrupt(text)); });
        } else {
            take(judge_.interrupt(text));
        }
        signals_.async_wait([this](auto cancelled, int again) {
            if (!cancelled) interrupted_by(again);
        });
    }

    /// A stage's clock stands still while a debugger or the monitor has stopped the guest.
    void limit_stage(stage where, std::chrono::milliseconds limit) {
        stage_timer_.expires_at(clock::now());
        count_down(where, limit, limit);
    }
    void count_down(stage where, std::chrono::milliseconds limit, std::chrono::milliseconds left) {
        auto const step = std::min<std::chrono::milliseconds>(left, std::chrono::seconds{1});
        stage_timer_.expires_at(stage_timer_.expiry() + step);
        stage_timer_.async_wait([this, where, limit, left, step, mine = ++countdowns_](auto cancelled) {
            if (cancelled || mine != countdowns_) return; // another stage's clock may run already
            auto const stands = stopped_ || (options_.is_debugged && options_.is_debugged());
            auto const rest = stands ? left : left - step;
            auto const seconds = std::chrono::duration<double>{limit}.count();
            if (rest.count() > 0) return count_down(where, limit, rest);
            take(judge_.time_up(where, fmt::format("after {:g} s", seconds)));
        });
    }
    void after(std::chrono::milliseconds delay, std::function<void()> then) {
        step_timer_.expires_after(delay);
        step_timer_.async_wait([then = std::move(then)](auto cancelled) {
            if (!cancelled) then();
        });
    }

    boost::asio::io_context loop_{1};
    guest_run_options options_;
    run_log& log_;
    judge judge_;
    boost::asio::signal_set signals_;
    boost::asio::steady_timer stage_timer_, step_timer_;
    command_input input_;
    output_copy copy_;
    std::unique_ptr<session> session_;
    std::optional<verdict> final_; ///< overrides the judge's: a held VM was interrupted
    clock::time_point begun_;
    std::optional<clock::time_point> ready_, started_, decided_;
    bool gone_ = false;
    std::string start_again_;
    unsigned countdowns_ = 0;
    bool stopped_ = false;
    bool woken_ = false;
    std::uint64_t woken_at_ = 0;
    bool abandoned_ = false; ///< nobody waits for the rest of the output any more
    bool asked_to_power_off_ = false;
};

} // namespace ktest
