#pragma once

#include <ktest/run/command_input.hpp>
#include <ktest/run/guest_pause.hpp>
#include <ktest/run/guest_run_options.hpp>
#include <ktest/run/hang_ladder.hpp>
#include <ktest/run/judge.hpp>
#include <ktest/run/machine_end.hpp>
#include <ktest/run/report_wait.hpp>
#include <ktest/run/run_log.hpp>
#include <ktest/run/run_times.hpp>
#include <ktest/run/saving_steps.hpp>
#include <ktest/run/session.hpp>
#include <ktest/run/stage_clock.hpp>
#include <ktest/run/timeouts.hpp>
#include <ktest/run/wake_call.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ktest {

/// One VM from QEMU's start to its end: a test, a command, or nothing but the guest, as the rules say. The
/// loop may be others', too, and must end before it.
class guest_run {
public:
    guest_run(boost::asio::io_context& loop, guest_run_options options, run_log& log)
        : loop_{loop},
          options_{std::move(options)},
          log_{log},
          judge_{options_.start.nonce, options_.rules},
          wake_{options_.wake},
          report_wait_{options_.budgets.report},
          saving_{options_.saving,
                  {.say = [this](std::string_view text) { options_.say(text); },
                   .host_failed = [this](error const& why) { take(judge_.host_failed(why)); },
                   .goes_on = [this] { wake_.give(*session_); }}},
          pause_{{.is_debugged = options_.is_debugged, .say = options_.say}},
          stage_clock_{loop_, [this] { return stands_still(); }},
          step_timer_{loop_},
          ladder_{loop_,
                  log_,
                  {.stands = [this] { return stands_still(); },
                   .silent = [this] { take(judge_.silent()); },
                   .interrogated = [this](hang_findings const& found,
                                          bool revived) { take(judge_.interrogated(found, revived)); },
                   .host_failed = [this](error const& why) { take(judge_.host_failed(why)); },
                   .channel_closed = [this](std::string why) { take(judge_.channel_closed(std::move(why))); },
                   .say = [this](std::string_view text) { options_.say(text); }}},
          input_{loop_} {}

    /// Starts the VM. An error: not even QEMU could be started.
    auto begin(launch with) -> result<void> {
        times_.begun = clock::now();
        auto session =
            session::begin(loop_, std::move(with), [this](session_event const& event) { on(event); });
        if (!session) return tl::unexpected{session.error()};
        session_ = std::move(*session);
        ladder_.begin(*session_);
        saving_.begin(*session_);
        limit_stage(stage::boot, is_restored() ? options_.budgets.wake : options_.budgets.boot);
        return {};
    }
    /// QEMU has ended, and all that came from it has been heeded.
    auto is_over() const -> bool { return gone_; }
    /// What became of it, once it is over.
    auto outcome() const -> guest_outcome {
        guest_outcome outcome{.said = final_.value_or(*judge_.decision()),
                              .wait_status = judge_.wait_status(),
                              .boots = judge_.boot(),
                              .port_taken = port_taken_,
                              .start_again = start_again_};
        times_.write_to(outcome);
        return outcome;
    }

    /// Has a guest go on that was ready, or had passed, and waited for others since.
    void go_on() {
        if (auto const step = std::exchange(waits_to_, {})) step();
    }
    /// Ends it before its time, for what `why` says; `by Ctrl-C`.
    void interrupt(std::string why) {
        if (judge_.decision()) { // the VM was being held
            if (!gone_) final_ = interrupted{std::move(why)};
            session_->kill();
        } else if (options_.power_off && !std::exchange(asked_to_power_off_, true)) {
            session_->tell(wire::power_off{});
            after(options_.budgets.shutdown, [this, why = std::move(why)] { take(judge_.interrupt(why)); });
        } else {
            take(judge_.interrupt(std::move(why)));
        }
    }
    /// It is of no use any more, for a reason that is not its own.
    void give_up(error const& why) { take(judge_.host_failed(why)); }
    auto machine() -> session& { return *session_; }

private:
    using clock = run_times::clock;

    void on(session_event const& event) {
        keep(event);
        auto const* const gone = std::get_if<machine_gone>(&event);
        gone_ = gone != nullptr;
        ladder_.heed(event);
        if (saving_.takes(event)) return;
        if (auto const* said = std::get_if<wire::from_guest>(&event)) {
            if (auto const* awake = std::get_if<wire::awake>(said);
                awake != nullptr && !wake_.is_well(*awake))
                return session_->kill();
            heed(*said);
        }
        auto const boots = judge_.boot();
        auto const step = judge_.see(event);
        if (auto const* halt = std::get_if<guest_stopped>(&event)) {
            pause_.heed(halt->stopped, times_.started && !judge_.decision() && !ladder_.is_busy());
            if (!halt->stopped && !saving_.in_progress()) wake_.give(*session_);
        }
        auto const* const moved = std::get_if<state_moved>(&event);
        if (moved != nullptr && !moved->whole && is_restored()) session_->kill();
        if (gone != nullptr) {
            port_taken_ = lost_its_port(*gone);
            if (!times_.started) start_again_ = mishap_at_start(*gone);
            if (is_asleep() && !port_taken_) start_again_ = did_not_wake(is_restored(), *gone);
        }
        if (judge_.boot() != boots && !options_.budgets.test) limit_stage(stage::boot, options_.budgets.boot);
        take(step);
        if (judge_.where() == stage::shutdown && !judge_.expects_pass()) go_on();
        if (gone_) end();
    }
    void end() {
        times_.ended = clock::now();
        stop_clocks();
    }
    void stop_clocks() {
        stage_clock_.stop();
        step_timer_.cancel();
        ladder_.end();
    }

    auto is_restored() const -> bool { return wake_.is_wanted() && options_.saving == nullptr; }
    /// A guest that has booted, and ought to have woken.
    auto is_asleep() const -> bool { return (is_restored() || saving_.has_booted()) && !times_.ready; }

    /// To be saved it stands still, too, and that has to end in time.
    auto stands_still() const -> bool {
        return (pause_.stands_still() && !saving_.in_progress()) || ladder_.qemu_is_stopped();
    }

    void keep(session_event const& event) {
        auto const records = log_.keep(event);
        if (options_.on_event) options_.on_event(event);
        auto const* const said = std::get_if<wire::from_guest>(&event);
        if (said != nullptr && std::holds_alternative<wire::kernel_log>(*said))
            report_wait_.kernel_spoke(clock::now());
        if (!records) return take(judge_.host_failed(records.error()));
        constexpr unsigned warning = 4;
        for (auto const& record : *records)
            if (options_.whole_kernel_log
                || (judge_.where() != stage::boot && record.level <= warning && !showing_))
                options_.on_kernel_record(record);
    }

    void heed(wire::from_guest const& said) {
        auto const is_ready =
            std::holds_alternative<wire::ready>(said) || std::holds_alternative<wire::awake>(said);
        if (is_ready && !times_.ready) {
            times_.ready = clock::now();
            // It woke up in time; what it does next it does not do faster than a guest that has booted.
            if (wake_.is_wanted()) limit_stage(stage::boot, options_.budgets.boot);
        }
        if (std::holds_alternative<wire::started>(said) && !times_.started) {
            times_.started = clock::now();
            if (options_.budgets.test) limit_stage(stage::test, *options_.budgets.test);
        }
        if (std::holds_alternative<wire::started>(said) && !options_.budgets.test) stage_clock_.stop();
        if (std::holds_alternative<wire::started>(said)) ladder_.expect_life();
        options_.on_guest(said);
    }

    void take(judge::next step) {
        switch (step) {
        case judge::next::nothing: return;
        case judge::next::run_test:
            return await_others(judge_.boot() == 1 ? options_.when_ready : nullptr, [this] { start_test(); });
        case judge::next::wait_for_stragglers:
            return after(options_.budgets.stragglers, [this] { take(judge_.stragglers_gone()); });
        case judge::next::weigh_stall:
            return take(judge_.stall_weighed(ladder_.starved_before(*judge_.stall())));
        case judge::next::await_report: return await_report();
        case judge::next::interrogate: return ladder_.interrogate();
        case judge::next::show_and_finish:
            showing_ = true;
            session_->tell(wire::sysrq{"lw"});
            return finish();
        case judge::next::finish: return finish();
        case judge::next::await_death: return await_death();
        case judge::next::conclude: return conclude();
        }
    }

    /// None to be told: there are no others.
    void await_others(std::function<void()> const& tell, std::function<void()> then) {
        if (!tell) return then();
        stage_clock_.stop();
        waits_to_ = std::move(then);
        tell();
    }

    void finish() {
        await_others(judge_.expects_pass() ? options_.when_passed : nullptr, [this] {
            session_->tell(wire::finish{options_.start.nonce});
            after(options_.budgets.shutdown, [this] { take(judge_.finish_time_up()); });
        });
    }

    void await_report() {
        auto const now = clock::now();
        auto const until = report_wait_.until(now);
        if (!until || !options_.report_goes_on || !options_.report_goes_on())
            return take(judge_.report_awaited());
        after(std::chrono::ceil<std::chrono::milliseconds>(*until - now),
              [this] { take(judge_.report_awaited()); });
    }

    /// To be dumped, the guest stands still at its panic; what it prints last comes afterwards.
    void await_death() {
        auto const wait = [this] { after(options_.budgets.death, [this] { take(judge_.death_awaited()); }); };
        if (!options_.dump) return wait();
        ladder_.dump(options_.budgets.dump, [this, wait] {
            if (!options_.hold.always) session_->qmp().execute("cont");
            wait();
        });
    }

    /// What hangs in a guest without a job is its user's to find out, and of a shell its user sees it.
    auto is_watched() const -> bool {
        return !options_.start.arguments.empty()
               && static_cast<wire::streams>(options_.start.io) != wire::streams::terminal;
    }

    void start_test() {
        auto start = options_.start;
        start.wall_clock_ns = wall_clock();
        start.environment.push_back(fmt::format("KTEST_BOOT={}", judge_.boot()));
        if (judge_.boot() == 1)
            slowdown_ = measured_slowdown(options_.acceleration, is_restored(), *times_.ready - times_.begun);
        if (is_watched())
            ladder_.set(start, detector_times_for(options_.acceleration, slowdown_, options_.budgets.test));
        if (start.arguments.empty()) stage_clock_.stop();
        auto const io = static_cast<wire::streams>(start.io);
        session_->tell(std::move(start));
        if (io != wire::streams::test && judge_.boot() == 1)
            input_.begin(*session_, io == wire::streams::terminal, [this] { interrupt("by Ctrl-C"); });
    }

    void conclude() {
        times_.decided = clock::now();
        stop_clocks();
        auto const& said = *judge_.decision();
        if (options_.on_decided && start_again_.empty() && !is_asleep()) options_.on_decided(said);
        auto const hung = std::holds_alternative<crashed>(said) || std::holds_alternative<timed_out>(said);
        if (options_.dump && hung && !gone_) return ladder_.dump(options_.budgets.dump, [this] { let_go(); });
        let_go();
    }

    void let_go() {
        auto const& said = *judge_.decision();
        // In the place of one that sleeps another will boot.
        if (!gone_ && !is_asleep() && options_.hold.keep(said))
            options_.on_hold(said);
        else
            session_->kill();
    }

    void limit_stage(stage where, std::chrono::milliseconds limit) {
        stage_clock_.start(limit, [this, where, limit] {
            auto const& life = ladder_.life();
            if (auto const starved = where == stage::boot ? ladder_.starved_for(limit) : std::nullopt)
                return give_up(
                    {fault::unavailable,
                     fmt::format("the host did not let the guest run for {} s, so it did not boot in time",
                                 starved->count())});
            auto reason = fmt::format("after {:g} s", std::chrono::duration<double>{limit}.count());
            if (where == stage::test && life.console_is_flooded())
                reason += "; the kernel floods the console";
            if (where == stage::test && options_.waits_for) reason += options_.waits_for();
            constexpr auto beats_missed = 5;
            auto const silent = where == stage::boot
                                    ? !is_asleep()
                                    : is_watched() && times_.started && life.seconds_silent() >= beats_missed;
            take(judge_.time_up(where, std::move(reason), silent));
        });
    }
    void after(std::chrono::milliseconds delay, std::function<void()> then) {
        step_timer_.expires_after(delay);
        step_timer_.async_wait([then = std::move(then)](auto cancelled) {
            if (!cancelled) then();
        });
    }

    boost::asio::io_context& loop_;
    guest_run_options options_;
    run_log& log_;
    judge judge_;
    wake_call wake_;
    report_wait report_wait_;
    saving_steps saving_;
    guest_pause pause_;
    stage_clock stage_clock_;
    boost::asio::steady_timer step_timer_;
    hang_ladder ladder_;
    command_input input_;
    std::unique_ptr<session> session_;
    std::function<void()> waits_to_; ///< go on, when others are as far
    double slowdown_ = 1;
    std::optional<verdict> final_; ///< overrides the judge's: a held VM was interrupted
    run_times times_;
    bool gone_ = false;
    bool port_taken_ = false;
    std::string start_again_;
    bool showing_ = false; ///< the kernel says what it was asked for
    bool asked_to_power_off_ = false;
};

} // namespace ktest
