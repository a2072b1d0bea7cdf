#pragma once

#include <ktest/net/l2_switch.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace ktest {

/// Has a switch do its work within the event loop of a run. The switch outlives it.
class switch_loop {
public:
    switch_loop(boost::asio::io_context& loop, l2_switch& of)
        : switch_{of}, ready_{loop, of.number()}, arrival_{loop} {
        wait();
    }
    ~switch_loop() { ready_.release(); } // the descriptor is the switch's
    switch_loop(switch_loop&&) = delete;

private:
    using clock = std::chrono::steady_clock;
    static constexpr int most_rounds = 4; ///< before others in the loop have their turn

    void wait() {
        ready_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](auto cancelled) {
            if (cancelled) return;
            work();
            wait();
        });
    }

    void work() {
        for (auto round = 0; round < most_rounds && switch_.work(clock::now()); ++round) {
        }
        auto const next = switch_.next_arrival();
        if (!next || next == awaited_) return;
        awaited_ = next;
        arrival_.expires_at(*next);
        arrival_.async_wait([this](auto cancelled) {
            if (cancelled) return;
            awaited_.reset();
            work();
        });
    }

    l2_switch& switch_;
    boost::asio::posix::stream_descriptor ready_;
    boost::asio::steady_timer arrival_;
    std::optional<clock::time_point> awaited_;
};

} // namespace ktest
