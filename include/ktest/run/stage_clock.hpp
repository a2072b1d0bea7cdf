#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <functional>

namespace ktest {

/// Counts the time of a stage, second by second, while the guest may run: it stands still while `stands()`,
/// and while this process was not let run itself.
class stage_clock {
public:
    stage_clock(boost::asio::io_context& loop, std::function<bool()> stands)
        : timer_{loop}, stands_{std::move(stands)} {}

    /// Calls `then` when so much time has passed, unless another start or stop comes before.
    void start(std::chrono::milliseconds limit, std::function<void()> then) {
        timer_.expires_at(std::chrono::steady_clock::now());
        then_ = std::move(then);
        count_down(limit, ++countdowns_);
    }
    void stop() {
        ++countdowns_;
        timer_.cancel();
    }

private:
    void count_down(std::chrono::milliseconds left, unsigned mine) {
        constexpr std::chrono::seconds longest{1};
        auto const step = std::min<std::chrono::milliseconds>(left, longest);
        auto const now = std::chrono::steady_clock::now();
        auto const due = timer_.expiry();
        timer_.expires_at((now - due > longest ? now : due) + step);
        timer_.async_wait([this, left, step, mine](auto cancelled) {
            if (cancelled || mine != countdowns_) return; // another stage's may run already
            auto const rest = stands_() ? left : left - step;
            if (rest.count() > 0) return count_down(rest, mine);
            auto const call = std::move(then_); // which may start another
            call();
        });
    }

    boost::asio::steady_timer timer_;
    std::function<bool()> stands_;
    std::function<void()> then_;
    unsigned countdowns_ = 0;
};

} // namespace ktest
