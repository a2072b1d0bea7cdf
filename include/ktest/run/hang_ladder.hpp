#pragma once

#include <ktest/run/detector_times.hpp>
#include <ktest/run/guest_watch.hpp>
#include <ktest/run/last_look.hpp>
#include <ktest/run/stall_report.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace ktest {

/// Sees to it that a guest that hangs is noticed, by its kernel first, and is asked what it does before it
/// goes.
class hang_ladder {
public:
    struct hooks {
        std::function<bool()> stands; ///< the guest cannot say anything: the monitor or a debugger has it
        std::function<void()> silent; ///< it should have said something long ago
        std::function<void(hang_findings const&, bool revived)> interrogated;
        std::function<void(error const&)> host_failed;
        std::function<void(std::string)> channel_closed; ///< by the guest
        std::function<void(std::string_view)> say;
    };

    hang_ladder(boost::asio::io_context& loop, run_log& log, hooks call)
        : loop_{loop},
          log_{log},
          call_{std::move(call)},
          watch_{loop,
                 {.stands = [this] { return call_.stands() || is_busy(); },
                  .silent = call_.silent,
                  .host_failed = call_.host_failed,
                  .channel_closed = call_.channel_closed,
                  .say = call_.say}} {}

    void begin(session& machine) {
        last_look_ = std::make_unique<last_look>(loop_, machine, log_, call_.say);
        watch_.begin(machine);
    }
    void end() { watch_.end(); }

    void heed(session_event const& event) {
        auto const* const console = std::get_if<console_bytes>(&event);
        if (console != nullptr) watch_.life().console(console->data.size());
        if (std::holds_alternative<wire::from_guest>(event) || std::holds_alternative<output_bytes>(event))
            watch_.life().user_space();
        last_look_->heed(event);
    }

    /// Has the kernel speak in such times, and init's heart beat.
    void set(wire::run& start, detector_times const& times) {
        times_ = times;
        start.settings = detector_settings(times);
        start.heartbeat_ms = 1000;
    }
    /// From now on the silence of a guest that was set so counts.
    void expect_life() {
        if (times_) watch_.expect_life(times_->silence);
    }

    /// While it lasts the guest is stopped and let go on, and that is nobody else's doing.
    auto is_busy() const -> bool { return last_look_ && last_look_->is_busy(); }
    auto qemu_is_stopped() const -> bool { return watch_.qemu_is_stopped(); }
    auto life() -> signs_of_life& { return watch_.life(); }

    /// How long the host starved the guest before its kernel reported a stall; none: it did not.
    auto starved_before(stall_report const& stall) -> std::optional<std::chrono::seconds> {
        return watch_.starved(stall.after.value_or(times_ ? times_->soft_lockup : std::chrono::seconds{}));
    }

    /// How long the host starved the guest in the last `window`; none: it did not.
    auto starved_for(std::chrono::milliseconds window) -> std::optional<std::chrono::seconds> {
        return watch_.starved(std::chrono::ceil<std::chrono::seconds>(window));
    }

    /// Asks the guest what it does, if the host has let it run.
    void interrogate() {
        constexpr std::chrono::seconds shortest{10};
        auto const silent = std::chrono::seconds{life().seconds_silent()};
        if (auto const starved = watch_.starved(std::max(silent, shortest)))
            return call_.host_failed(
                {fault::unavailable,
                 fmt::format("the host did not let the guest run for {} s, so it was silent",
                             starved->count())});
        last_look_->interrogate(life(), call_.interrogated);
    }

    /// Keeps the guest's memory, once.
    void dump(std::chrono::milliseconds limit, std::function<void()> then) {
        last_look_->dump(limit, std::move(then));
    }

private:
    boost::asio::io_context& loop_;
    run_log& log_;
    hooks call_;
    guest_watch watch_;
    std::unique_ptr<last_look> last_look_;
    std::optional<detector_times> times_;
};

} // namespace ktest
