#pragma once

#include <functional>
#include <string_view>
#include <utility>

namespace ktest {

/// A guest that the monitor or a debugger makes stand still, and what its user is told of that.
class guest_pause {
public:
    struct hooks {
        std::function<bool()> is_debugged; ///< empty: nobody can
        std::function<void(std::string_view)> say;
    };

    explicit guest_pause(hooks call) : call_{std::move(call)} {}

    /// QEMU says that it stopped the guest, or let it go on. `matters`: its test runs, and it is none of our
    /// own doing.
    void heed(bool stopped, bool matters) {
        stopped_ = stopped;
        // Who has a guest in the debugger knows that it stands still.
        if (!matters || stopped == told_ || is_debugged()) return;
        told_ = stopped;
        call_.say(stopped ? "the guest is paused, and so is its time: 'cont' in the monitor (ktest mon) lets "
                            "it go on"
                          : "the guest goes on");
    }
    auto stands_still() const -> bool { return stopped_ || is_debugged(); }

private:
    auto is_debugged() const -> bool { return call_.is_debugged && call_.is_debugged(); }

    hooks call_;
    bool stopped_ = false;
    bool told_ = false; ///< that it is paused
};

} // namespace ktest
