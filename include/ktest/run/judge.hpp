#pragma once

#include <ktest/result.hpp>
#include <ktest/run/event.hpp>
#include <ktest/run/line_assembler.hpp>
#include <ktest/run/verdict.hpp>

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
        await_death,         ///< the kernel panicked: let it print, bounded, then call death_awaited()
        conclude             ///< decision() is final
    };

    explicit judge(std::string nonce, judge_rules rules = {}) : nonce_{std::move(nonce)}, rules_{rules} {}

    auto see(session_event const& event) -> next {
        if (decided_) return next::nothing;
        return std::visit(detail::overloaded{
                              [this](wire::from_guest const& said) { return hear(said); },
                              [this](output_bytes const& output) { return read(output.data); },
                              [this](console_bytes const& console) { return watch(console.data); },
                              [this](output_closed const&) { return output_ended(); },
                              [this](guest_panicked const&) { return panic(); },
                              [this](guest_reset const&) { return reboot(); },
                              [](guest_stopped const&) { return next::nothing; },
                              [](state_moved const&) { return next::nothing; },
                              [this](host_disk_full const& full) {
                                  return conclude(unavailable_host{fmt::format(
                                      "the host's disk is full: the guest cannot write to {}", full.disk)});
                              },
                              [this](machine_gone const& gone) { return die(gone); },
                          },
                          event);
    }

    auto stragglers_gone() -> next { return stage_ == stage::test && status_ ? judge_end() : next::nothing; }
    auto finish_time_up() -> next {
        if (decided_ || stage_ != stage::shutdown) return next::nothing;
        if (std::holds_alternative<passed>(*candidate_))
            return conclude(timed_out{stage::shutdown, "the guest does not answer any more"});
        return conclude(*candidate_);
    }
    auto death_awaited() -> next {
        return decided_ ? next::nothing : conclude(crashed{stage_, panic_text()});
    }
    /// The time of a stage is up; without effect when the run has gone on to another.
    auto time_up(stage where, std::string reason) -> next {
        auto const booting_again = where == stage::test && stage_ == stage::boot;
        if (decided_ || (where != stage_ && !booting_again)) return next::nothing;
        if (stage_ == stage::boot) return conclude(timed_out{stage_, std::move(reason)});
        return wind_up(timed_out{where, std::move(reason)});
    }
    auto interrupt(std::string reason) -> next {
        return decided_ ? next::nothing : conclude(interrupted{std::move(reason)});
    }
    auto host_failed(error const& why) -> next {
        return decided_ ? next::nothing : conclude(unavailable_host{why.message});
    }

    auto decision() const -> std::optional<verdict> const& { return decided_; }
    auto where() const -> stage { return stage_; }
    /// How the test's first process ended, as waitpid(2) gives it.
    auto wait_status() const -> std::optional<int> { return status_; }
    /// Which boot this is, 1 for the first.
    auto boot() const -> int { return boot_; }

private:
    auto hear(wire::from_guest const& said) -> next {
        if (std::holds_alternative<wire::ready>(said) && stage_ == stage::boot) return next::run_test;
        if (auto const* awake = std::get_if<wire::awake>(&said))
            return awake->nonce == nonce_ && stage_ == stage::boot ? next::run_test : next::nothing;
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
            finished && finished->nonce == nonce_ && stage_ == stage::shutdown)
            return conclude(*candidate_);
        return next::nothing;
    }

    auto read(std::string_view output) -> next {
        if (rules_.status_decides) return next::nothing;
        output_.feed(output, [this](std::string_view line, bool whole) { read_line(line, whole); });
        return after_reading();
    }
    void read_line(std::string_view line, bool whole) {
        constexpr std::string_view skip_marker = "TEST SKIPPED";
        if (line.find("TEST SUCCESS") != std::string_view::npos) said_success_ = true;
        if (whole && line.starts_with("TEST FAILED")) failure_line_ = line;
        if (whole && line.starts_with(skip_marker) && !skip_reason_) {
            line.remove_prefix(skip_marker.size());
            line.remove_prefix(std::min(line.find_first_not_of(": "), line.size()));
            skip_reason_ = line;
        }
    }
    auto after_reading() -> next {
        if (stage_ == stage::shutdown && failure_line_ && std::holds_alternative<passed>(*candidate_))
            candidate_ = failed{*failure_line_};
        if (stage_ != stage::test) return next::nothing;
        if (failure_line_) return wind_up(failed{*failure_line_});
        return said_success_ ? wind_up(passed{}) : next::nothing;
    }

    auto output_ended() -> next {
        if (rules_.status_decides) return next::nothing;
        output_closed_ = true;
        output_.flush([this](std::string_view line, bool whole) { read_line(line, whole); });
        if (auto const step = after_reading(); step != next::nothing) return step;
        return status_ && stage_ == stage::test ? judge_end() : next::nothing;
    }

    /// The test has ended and nothing of it can say success any more.
    auto judge_end() -> next {
        output_.flush([this](std::string_view line, bool whole) { read_line(line, whole); });
        if (auto const step = after_reading(); step != next::nothing) return step;
        constexpr auto skip_status = 77;
        if (WIFEXITED(*status_) && WEXITSTATUS(*status_) == skip_status && !skip_reason_)
            skip_reason_ = "exit status 77";
        if (skip_reason_) return wind_up(skipped{*skip_reason_});
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
        constexpr std::string_view headline = "Kernel panic - not syncing: ";
        constexpr std::string_view despair = "ktest-init: "; // init has no other way to say it
        console_.feed(console, [&](std::string_view line, bool) {
            if (auto const at = line.find(headline); at != std::string_view::npos && panic_.empty())
                panic_ = line.substr(at + headline.size());
            if (line.starts_with(despair)) init_despairs_ = line.substr(despair.size());
        });
        if (stage_ != stage::boot || init_despairs_.empty()) return next::nothing;
        return conclude(crashed{stage_, "init: " + init_despairs_});
    }
    auto panic() -> next {
        panicked_ = true;
        return next::await_death;
    }
    auto panic_text() const -> std::string {
        return panic_.empty() ? "kernel panic" : "kernel panic: " + panic_;
    }

    auto reboot() -> next {
        if (panicked_ || !panic_.empty()) return conclude(crashed{stage_, panic_text()});
        if (!rules_.may_reboot || stage_ == stage::shutdown)
            return conclude(crashed{stage_, "the guest rebooted unexpectedly"});
        if (stage_ == stage::boot) return next::nothing; // a guest asks in several ways at once to be reset
        ++boot_;
        stage_ = stage::boot;
        status_.reset();
        return next::nothing;
    }

    auto die(machine_gone const& gone) -> next {
        if (panicked_ || (!panic_.empty() && gone.cause == "guest-reset"))
            return conclude(crashed{stage_ == stage::shutdown ? stage::test : stage_, panic_text()});
        if (gone.cause == "guest-reset")
            return conclude(crashed{stage_, "the guest rebooted unexpectedly (REBOOT=allow permits it)"});
        if (gone.cause == "guest-shutdown" && rules_.power_off_passes) return conclude(passed{});
        if (gone.cause == "guest-shutdown") return conclude(crashed{stage_, "the guest powered itself off"});
        if (WIFSIGNALED(gone.wait_status) && WTERMSIG(gone.wait_status) == SIGSYS)
            return conclude(unavailable_host{"QEMU made a system call that its sandbox denies (--no-sandbox "
                                             "starts it without)"});
        auto const how = WIFSIGNALED(gone.wait_status)
                             ? fmt::format("QEMU was killed by signal {}", WTERMSIG(gone.wait_status))
                             : fmt::format("QEMU ended with status {}", WEXITSTATUS(gone.wait_status));
        return conclude(unavailable_host{gone.complaint.empty() ? how : how + ": " + gone.complaint});
    }

    auto conclude(verdict final) -> next {
        decided_ = std::move(final);
        return next::conclude;
    }

    std::string nonce_;
    judge_rules rules_;
    stage stage_ = stage::boot;
    int boot_ = 1;
    std::optional<verdict> candidate_; ///< what it will be if the guest winds up in order
    std::optional<verdict> decided_;
    std::optional<int> status_;
    line_assembler output_, console_;
    std::optional<std::string> failure_line_, skip_reason_;
    std::string panic_;         ///< its headline, from the console
    std::string init_despairs_; ///< why it cannot reach the host
    bool said_success_ = false;
    bool output_closed_ = false;
    bool panicked_ = false;
};

} // namespace ktest
