#pragma once

#include <ktest/descriptor.hpp>

#include <chrono>

namespace ktest::init {

/// The kernel's word that a device has come or changed (netlink uevents). Open it before the drivers are
/// loaded.
class device_events {
public:
    device_events();

    /// Calls `look` until it finds something, again after each event, for at most `time`; gives what it
    /// found.
    template<class Look>
    auto wait_for(Look look, std::chrono::seconds time) -> decltype(look()) {
        auto const end = std::chrono::steady_clock::now() + time;
        for (;;) {
            drain();
            if (auto found = look()) return found;
            auto const left = end - std::chrono::steady_clock::now();
            if (left.count() <= 0 || !wait(std::chrono::ceil<std::chrono::milliseconds>(left))) return look();
        }
    }

private:
    void drain();
    auto wait(std::chrono::milliseconds time) -> bool;
    descriptor socket_;
};

} // namespace ktest::init
