#pragma once

#include <ktest/run/session.hpp>
#include <ktest/run/template_saving.hpp>

#include <functional>
#include <string_view>

namespace ktest {

/// Leads a guest that is to become a template from its start to where it is the run's own.
class saving_steps {
public:
    struct hooks {
        std::function<void(std::string_view)> say;
        std::function<void(error const&)> host_failed;
        std::function<void()> goes_on; ///< it was not stopped, so nothing tells that it runs again
    };

    /// Null: there is nothing to be saved.
    saving_steps(template_saving* saving, hooks call) : saving_{saving}, call_{std::move(call)} {}

    void begin(session& machine) {
        machine_ = &machine;
        if (saving_ != nullptr) machine.tell(wire::rest{}); // it is there when init begins to listen
    }
    auto in_progress() const -> bool { return saving_ != nullptr; }
    /// Whether the guest was ready to rest; it has to be woken then.
    auto has_booted() const -> bool { return booted_; }

    /// Whether an event concerns nobody else.
    auto takes(session_event const& event) -> bool {
        if (saving_ == nullptr) return false;
        if (auto const* said = std::get_if<wire::from_guest>(&event)) return hears(*said);
        if (std::holds_alternative<guest_reset>(event)) hand_over();
        auto const* const moved = std::get_if<state_moved>(&event);
        if (moved != nullptr) is_saved(moved->whole);
        return moved != nullptr;
    }

private:
    auto hears(wire::from_guest const& said) -> bool {
        saving_->hear(said);
        if (auto const* resting = std::get_if<wire::resting>(&said)) {
            rests(*resting);
            return true;
        }
        auto const is_ready = std::holds_alternative<wire::ready>(said);
        booted_ = booted_ || is_ready;
        return is_ready;
    }

    void rests(wire::resting const& resting) {
        if (saving_->is_fit(resting)) return machine_->save(saving_->state());
        call_.say("no template could be made: the kernel reported something while it booted");
        hand_over();
        call_.goes_on();
    }

    void is_saved(bool whole) {
        auto const saved = whole ? saving_->finish() : unavailable("QEMU could not save it");
        if (!saved) call_.say(fmt::format("no template could be made: {}", saved.error().message));
        hand_over();
    }

    void hand_over() {
        auto const given = std::exchange(saving_, nullptr)->hand_over();
        if (!given) return call_.host_failed(given.error());
        machine_->go_on();
    }

    template_saving* saving_;
    hooks call_;
    session* machine_ = nullptr;
    bool booted_ = false;
};

} // namespace ktest
