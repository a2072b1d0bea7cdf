#pragma once

#include <ktest/result.hpp>
#include <ktest/run/console_words.hpp>
#include <ktest/run/event.hpp>
#include <ktest/run/hang_findings.hpp>
#include <ktest/run/machine_end.hpp>
#include <ktest/run/stall_report.hpp>
#include <ktest/run/test_words.hpp>
#include <ktest/run/verdict.hpp>

#include <fmt/ranges.h>

#include <optional>
#include <string>
#include <string_view>

#include <sys/wait.h>

namespace ktest {

/// What else ends a run than a test's own words.
struct judge_rules {
    bool may_reboot = false;       ///< a reboot is part of the test
    bool status_decides = false;   ///< a command: it passes by ending, whatever it printed and returned
    bool power_off_passes = false; ///< a machine without a test, which ends when its user ends it
    friend auto operator==(judge_rules const&, judge_rules const&) -> bool = default;
};

/// Decides what a run of a test says, from the events of its session alone; whoever runs the session tells it
/// of time that is up and does what it asks for.
class judge {
public:
    /// What the run must do next.
    enum class next {
        nothing,
        run_test,            ///< tell init to start the test
        wait_for_stragglers, ///< then call stragglers_gone()
        finish,              ///< ask init to drain; bounded, then call finish_time_up()
        show_and_finish,     ///< first have init show by SysRq what hangs, then the same
        weigh_stall,         ///< call stall_weighed(): did the host let the guest run?
        await_report,        ///< while the kernel goes on with one, bounded; then call report_awaited()
        interrogate,         ///< ask the guest what it does; bounded, then call interrogated()
        await_death,         ///< the kernel panicked: let it print, bounded, then call death_awaited()
        conclude             ///< decision() is final
    };

    explicit judge(std::string nonce, judge_rules rules = {}) : nonce_{std::move(nonce)}, rules_{rules} {}

    auto see(session_event const& event) -> next {
        if (decided_) return next::nothing;
        return std::visit(
            detail::overloaded{
                [this](wire::from_guest const& said) { return hear(said); },
                [this](output_bytes const& output) { return read(output.data); },
                [this](console_bytes const& console) { return watch(console.data); },
                [this](output_closed const&) { return output_ended(); },
                [this](guest_panicked const&) { return panic(); },
                [this](guest_reset const&) { return reboot(); },
                [](guest_stopped const&) { return next::nothing; },
                [](state_moved const&) { return next::nothing; },
                [](dump_completed const&) { return next::nothing; },
                [this](host_disk_failed const& what) { return conclude(unavailable_host{describe(what)}); },
                [this](machine_gone const& gone) { return die(gone); },
            },
            event);
    }

    auto stragglers_gone() -> next { return stage_ == stage::test && status_ ? judge_end() : next::nothing; }
    auto finish_time_up() -> next {
        if (decided_ || panicked_ || stage_ != stage::shutdown || interrogating_ || finished_)
            return next::nothing;
        interrogating_ = true;
        return next::interrogate;
    }
    auto report_awaited() -> next {
        return decided_ || panicked_ || !finished_ ? next::nothing : conclude(*candidate_);
    }
    /// Nothing has come from the guest for so long that it must hang.
    auto silent() -> next {
        if (decided_ || panicked_ || stage_ != stage::test || interrogating_) return next::nothing;
        interrogating_ = true;
        return next::interrogate;
    }
    /// What came out of it; `revived`: user space was heard meanwhile.
    auto interrogated(hang_findings const& found, bool revived) -> next {
        interrogating_ = false;
        if (decided_) return next::nothing;
        if (!found.qemu_answers) return conclude(unavailable_host{"QEMU does not answer any more"});
        if (says_panic() && console_.panic().find(panic_at_nmi) == std::string::npos)
            return conclude(crashed{stage_ == stage::shutdown ? stage::test : stage_, panic_text()});
        if (stage_ == stage::test)
            return revived ? next::nothing : conclude(crashed{stage_, describe(found)});
        if (!std::holds_alternative<failed>(*candidate_) && late() == nullptr)
            return conclude(
                timed_out{stage::shutdown, "the guest does not answer any more: " + describe(found)});
        if (auto* const out_of_time = late()) out_of_time->reason += "; " + describe(found);
        return conclude(*candidate_);
    }
    /// The latest report of a stall, to be weighed.
    auto stall() const -> std::optional<stall_report> const& { return stall_; }
    /// `starved`: how long of that time the host did not let the guest run, where it was most of it.
    auto stall_weighed(std::optional<std::chrono::seconds> starved) -> next {
        if (decided_ || !starved) return next::nothing;
        return conclude(unavailable_host{
            fmt::format("the host did not let the guest run for {} s, so its kernel reported a stall: {}",
                        starved->count(), stall_->text)});
    }
    auto death_awaited() -> next {
        return decided_ ? next::nothing : conclude(crashed{stage_, panic_text()});
    }
    /// The time of a stage is up; without effect when the run has gone on to another.
    /// `silent`: init would not answer, so it is not asked.
    auto time_up(stage where, std::string reason, bool silent = false) -> next {
        auto const booting_again = where == stage::test && stage_ == stage::boot;
        if (decided_ || panicked_ || interrogating_ || (where != stage_ && !booting_again))
            return next::nothing;
        if (stall_) reason += "; the kernel said: " + stall_->text;
        interrogating_ = silent;
        if (stage_ == stage::boot) {
            candidate_ = timed_out{stage_, std::move(reason)};
            return silent ? next::interrogate : conclude(*candidate_);
        }
        wind_up(timed_out{where, std::move(reason)});
        return silent ? next::interrogate : next::show_and_finish;
    }
    /// The guest's init cannot be heard any more.
    auto channel_closed(std::string reason) -> next {
        return decided_ ? next::nothing : conclude(crashed{stage_, std::move(reason)});
    }
    auto interrupt(std::string reason) -> next {
        return decided_ ? next::nothing : conclude(interrupted{std::move(reason)});
    }
    auto host_failed(error const& why) -> next {
        return decided_ ? next::nothing : conclude(unavailable_host{why.message});
    }

    auto decision() const -> std::optional<verdict> const& { return decided_; }
    auto where() const -> stage { return stage_; }
    /// It has said success, and nothing has spoken against it yet.
    auto expects_pass() const -> bool {
        return !decided_ && candidate_ && std::holds_alternative<passed>(*candidate_);
    }
    /// How the test's first process ended, as waitpid(2) gives it.
    auto wait_status() const -> std::optional<int> { return status_; }
    /// Which boot this is, 1 for the first.
    auto boot() const -> int { return boot_; }

private:
    auto hear(wire::from_guest const& said) -> next {
        if (std::holds_alternative<wire::ready>(said)) return boot_ended();
        if (auto const* awake = std::get_if<wire::awake>(&said))
            return awake->nonce == nonce_ ? boot_ended() : next::nothing;
        if (auto const* trouble = std::get_if<wire::trouble>(&said))
            return conclude(crashed{stage_, fmt::format("init: {}", trouble->what)});
        if (auto const* started = std::get_if<wire::started>(&said); started && started->nonce == nonce_) {
            stage_ = stage::test;
            output_closed_ = false;
        }
        if (auto const* ended = std::get_if<wire::ended>(&said);
            ended && ended->nonce == nonce_ && stage_ == stage::test) {
            status_ = static_cast<int>(ended->wait_status);
            if (rules_.status_decides) return conclude(passed{});
            return output_closed_ ? judge_end() : next::wait_for_stragglers;
        }
        if (auto const* finished = std::get_if<wire::finished>(&said);
            finished && finished->nonce == nonce_ && stage_ == stage::shutdown && !panicked_) {
            finished_ = true;
            if (!late()) return next::await_report;
            name_blocked_tasks();
            return conclude(*candidate_);
        }
        if (auto const* log = std::get_if<wire::kernel_log>(&said)) {
            if (late() && shown_.size() < shown_limit) shown_ += log->records;
            if (finished_ && !panicked_) return next::await_report;
        }
        return next::nothing;
    }

    auto boot_ended() -> next {
        if (stage_ != stage::boot || candidate_) return next::nothing; // or its time is up
        if (boot_ > 1 && !console_.take_farewell()) return conclude(crashed{stage::test, reset_unsaid});
        return next::run_test;
    }

    /// The candidate, if it is that the time was up.
    auto late() -> timed_out* { return candidate_ ? std::get_if<timed_out>(&*candidate_) : nullptr; }
    void name_blocked_tasks() {
        auto const tasks = blocked_tasks(shown_);
        if (auto* const out_of_time = late(); out_of_time != nullptr && !tasks.empty())
            out_of_time->reason += fmt::format("; blocked in the kernel: {}", fmt::join(tasks, ", "));
    }

    auto read(std::string_view output) -> next {
        if (rules_.status_decides) return next::nothing;
        words_.feed(output);
        return after_reading();
    }
    auto after_reading() -> next {
        if (stage_ == stage::shutdown && words_.failure() && std::holds_alternative<passed>(*candidate_))
            candidate_ = failed{*words_.failure()};
        if (stage_ != stage::test) return next::nothing;
        if (words_.failure()) return wind_up(failed{*words_.failure()});
        return words_.success() ? wind_up(passed{}) : next::nothing;
    }

    auto output_ended() -> next {
        if (rules_.status_decides) return next::nothing;
        output_closed_ = true;
        words_.flush();
        if (auto const step = after_reading(); step != next::nothing) return step;
        return status_ && stage_ == stage::test ? judge_end() : next::nothing;
    }

    /// The test has ended and nothing of it can say success any more.
    auto judge_end() -> next {
        words_.flush();
        if (auto const step = after_reading(); step != next::nothing) return step;
        constexpr auto skip_status = 77;
        if (words_.skipped()) return wind_up(skipped{*words_.skipped()});
        if (WIFEXITED(*status_) && WEXITSTATUS(*status_) == skip_status)
            return wind_up(skipped{"exit status 77"});
        if (WIFSIGNALED(*status_))
            return wind_up(failed{fmt::format("killed by signal {}", WTERMSIG(*status_))});
        return wind_up(failed{fmt::format("exit status {} without TEST SUCCESS", WEXITSTATUS(*status_))});
    }

    auto wind_up(verdict so_far) -> next {
        candidate_ = std::move(so_far);
        stage_ = stage::shutdown;
        return next::finish;
    }

    auto watch(std::string_view console) -> next {
        console_.feed(console);
        if (stage_ == stage::boot && !console_.despair().empty())
            return conclude(crashed{stage_, "init: " + console_.despair()});
        auto stall = console_.take_stall();
        if (!stall || interrogating_ || (candidate_ && std::holds_alternative<failed>(*candidate_)))
            return next::nothing;
        stall_ = std::move(stall);
        return next::weigh_stall;
    }
    auto panic() -> next {
        if (interrogating_) return next::nothing; // by our NMI
        panicked_ = true;
        return next::await_death;
    }
    auto panic_text() const -> std::string {
        return says_panic() ? "kernel panic: " + console_.panic() : "kernel panic";
    }
    auto says_panic() const -> bool { return !console_.panic().empty(); }

    auto reboot() -> next {
        if (panicked_ || says_panic()) return conclude(crashed{stage_, panic_text()});
        if (!rules_.may_reboot || stage_ == stage::shutdown)
            return conclude(crashed{stage_, "the guest rebooted unexpectedly"});
        if (stage_ == stage::boot) return next::nothing; // a guest asks in several ways at once to be reset
        ++boot_;
        stage_ = stage::boot;
        status_.reset();
        stall_.reset();
        return next::nothing;
    }

    auto die(machine_gone const& gone) -> next {
        if (panicked_ || (says_panic() && gone.cause == "guest-reset"))
            return conclude(crashed{stage_ == stage::shutdown ? stage::test : stage_, panic_text()});
        if (gone.cause == "guest-reset" && console_.take_farewell())
            return conclude(crashed{stage_, "the guest rebooted unexpectedly (REBOOT=allow permits it)"});
        if (gone.cause == "guest-reset") return conclude(crashed{stage_, reset_unsaid});
        if (gone.cause == "guest-shutdown" && rules_.power_off_passes) return conclude(passed{});
        if (gone.cause == "guest-shutdown") return conclude(crashed{stage_, "the guest powered itself off"});
        return conclude(unavailable_host{describe(gone)});
    }

    auto conclude(verdict final) -> next {
        decided_ = std::move(final);
        return next::conclude;
    }

    static constexpr auto reset_unsaid =
        "the guest was reset without a word of its kernel: a triple fault, as a rule";
    std::string nonce_;
    judge_rules rules_;
    stage stage_ = stage::boot;
    int boot_ = 1;
    std::optional<verdict> candidate_; ///< what it will be if the guest winds up in order
    std::optional<verdict> decided_;
    std::optional<int> status_;
    test_words words_;
    console_words console_;
    std::optional<stall_report> stall_;
    std::string shown_; ///< of the kernel's log since the time was up
    static constexpr std::size_t shown_limit = 1U << 20U;
    bool output_closed_ = false;
    bool panicked_ = false;
    bool interrogating_ = false;
    bool finished_ = false; ///< init has, and all that is still to come is the rest of a report
};

} // namespace ktest
