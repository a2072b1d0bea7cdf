#pragma once

#include <ktest/net/forwarding_table.hpp>
#include <ktest/net/frames_in_flight.hpp>
#include <ktest/net/link_faults.hpp>
#include <ktest/net/switch_port.hpp>

#include <functional>

#include <sys/epoll.h>

namespace ktest {

/// One frame, as it came to the switch, and to whom it will not get.
struct frame_passage {
    port_number from;
    ethernet_frame frame;
    std::chrono::steady_clock::time_point when;
    port_set lost, cut;
};

/// A learning Ethernet switch over datagram sockets, with faults between its ports. It neither waits nor has
/// a loop: whoever has one calls `work` when `number()` is readable, and at `next_arrival()`.
class l2_switch {
public:
    using time = std::chrono::steady_clock::time_point;

    static auto create(link_faults faults) -> result<l2_switch> {
        descriptor readiness{::epoll_create1(EPOLL_CLOEXEC)};
        if (!readiness) return system_failure(errno, "epoll_create");
        return l2_switch{std::move(readiness), std::move(faults)};
    }

    /// Takes the switch's end of a cable; a port that has one already gets the new one.
    auto plug(port_number port, descriptor end) -> result<void> {
        unplug(port);
        epoll_event event{.events = EPOLLIN, .data = {.u64 = port.index}};
        if (::epoll_ctl(readiness_.get(), EPOLL_CTL_ADD, end.get(), &event) != 0)
            return system_failure(errno, "epoll");
        ports_[port.index].emplace(std::move(end));
        connected_.insert(port);
        return {};
    }
    /// Closes the switch's end, with what waits there. Counters stay.
    void unplug(port_number number) {
        auto& port = ports_[number.index];
        if (!port) return;
        counters_[number.index].gone += port->backlog();
        // Not left to its closing, for a child that has just been forked may have it, too.
        ::epoll_ctl(readiness_.get(), EPOLL_CTL_DEL, port->number(), nullptr);
        port.reset();
        forget(number);
        writing_.erase(number);
    }

    /// An epoll descriptor: readable when there is something to do now.
    auto number() const -> int { return readiness_.get(); }
    /// When there is something to do although nothing becomes readable.
    auto next_arrival() const -> std::optional<time> { return flying_.next(); }

    /// Moves what there is, but at most a batch for each port, so that others in the loop have their turn.
    /// True: there may be more at once.
    auto work(time now) -> bool {
        auto busy = land(now);
        std::array<epoll_event, most_ports> ready{};
        auto const count = ::epoll_wait(readiness_.get(), ready.data(), static_cast<int>(ready.size()), 0);
        for (auto i = 0; i < count; ++i) {
            auto const& event = ready[static_cast<std::size_t>(i)];
            port_number const port{static_cast<std::size_t>(event.data.u64)};
            if (!ports_[port.index]) continue;
            if ((event.events & EPOLLOUT) != 0) {
                ports_[port.index]->flush(counters_[port.index]);
                settle(port);
            }
            if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
                busy |= receive(port, (event.events & (EPOLLHUP | EPOLLERR)) != 0, now);
        }
        return busy;
    }

    /// Changes take effect for frames that come from now on; a cut also for those under way.
    auto faults() -> link_faults& { return faults_; }
    auto counters(port_number port) const -> port_counters const& { return counters_[port.index]; }
    /// The node has a cable, and has not closed its end as far as is known.
    auto is_connected(port_number port) const -> bool { return connected_.contains(port); }

    /// Called for each frame that comes to the switch.
    void on_frame(std::function<void(frame_passage const&)> tap) { tap_ = std::move(tap); }

private:
    l2_switch(descriptor readiness, link_faults faults)
        : readiness_{std::move(readiness)}, faults_{std::move(faults)} {}

    /// What has arrived at its node's port.
    auto land(time now) -> bool {
        landed_.clear();
        while (landed_.size() < frames_at_once) {
            auto frame = flying_.land(now);
            if (!frame) break;
            landed_.push_back(std::move(*frame));
        }
        for (auto& frame : landed_) {
            if (faults_.is_cut(frame.from, frame.to))
                ++counters_[frame.to.index].cut;
            else
                put_out(frame.bytes, frame.to);
        }
        send_out();
        return landed_.size() == frames_at_once;
    }

    auto receive(port_number from, bool hung_up, time now) -> bool {
        auto const count = batch_->receive(ports_[from.index]->number());
        if (count < 0) {
            // A broken connection says so once, and then what was sent before.
            auto const transient = errno == EINTR || errno == ECONNRESET || (errno == EAGAIN && !hung_up);
            if (!transient) unplug(from);
            return false;
        }
        auto frames = std::size_t{0};
        for (; frames < static_cast<std::size_t>(count); ++frames) {
            auto const bytes = batch_->at(frames);
            if (bytes.empty() && hung_up) break; // the end
            pass(bytes, from, now);
        }
        send_out();
        if (frames < static_cast<std::size_t>(count)) unplug(from);
        return frames == frames_at_once;
    }

    void pass(std::span<std::byte> bytes, port_number from, time now) {
        auto& counters = counters_[from.index];
        ++counters.frames_in;
        counters.bytes_in += bytes.size();
        auto const frame = ethernet_frame::view(bytes);
        if (!frame) {
            ++counters.malformed;
            return;
        }
        frame_passage passage{from, *frame, now};
        table_.pass(*frame, from, connected_).for_each([&](port_number to) {
            send_on_its_way(bytes, to, passage);
        });
        if (tap_) tap_(passage);
    }

    void send_on_its_way(std::span<std::byte> bytes, port_number to, frame_passage& passage) {
        auto const fate = faults_.pass(bytes.size(), passage.from, to, passage.when);
        auto& counters = counters_[to.index];
        switch (fate.what) {
        case frame_fate::kind::lost: ++counters.lost; return passage.lost.insert(to);
        case frame_fate::kind::cut: ++counters.cut; return passage.cut.insert(to);
        case frame_fate::kind::crowded: ++counters.crowded; return;
        case frame_fate::kind::arrives: break;
        }
        counters.reordered += fate.reordered ? 1U : 0U;
        counters.duplicated += fate.copies - 1;
        for (std::size_t copy = 0; copy < fate.copies; ++copy) {
            if (fate.arrivals[copy] <= passage.when)
                put_out(bytes, to);
            else if (!flying_.launch(bytes, passage.from, to, fate.arrivals[copy]))
                ++counters.full;
        }
    }

    /// The bytes must stay until they are sent out.
    void put_out(std::span<std::byte> bytes, port_number to) {
        outgoing_[to.index].push_back({bytes.data(), bytes.size()});
        sending_.insert(to);
    }

    void send_out() {
        std::exchange(sending_, {}).for_each([&](port_number to) {
            auto& frames = outgoing_[to.index];
            if (auto& port = ports_[to.index]) {
                port->send(frames, counters_[to.index]);
                settle(to);
            } else {
                counters_[to.index].gone += frames.size();
            }
            frames.clear();
        });
    }

    /// Waits for a socket to become writable only while something waits for that.
    void settle(port_number number) {
        auto& port = *ports_[number.index];
        if (port.is_deaf()) {
            port.flush(counters_[number.index]); // counts what waited
            forget(number);
        }
        auto const waits = port.backlog() > 0;
        if (waits == writing_.contains(number)) return;
        if (waits)
            writing_.insert(number);
        else
            writing_.erase(number);
        epoll_event event{.events = EPOLLIN | (waits ? std::uint32_t{EPOLLOUT} : 0U),
                          .data = {.u64 = number.index}};
        ::epoll_ctl(readiness_.get(), EPOLL_CTL_MOD, port.number(), &event);
    }

    void forget(port_number port) {
        connected_.erase(port);
        table_.forget(port);
    }

    descriptor readiness_;
    link_faults faults_;
    forwarding_table table_;
    frames_in_flight flying_;
    std::array<std::optional<switch_port>, most_ports> ports_;
    std::array<port_counters, most_ports> counters_{};
    port_set connected_; ///< those that frames are sent to
    port_set writing_;   ///< those whose socket is watched for becoming writable
    std::function<void(frame_passage const&)> tap_;

    std::unique_ptr<frame_batch> batch_ = std::make_unique<frame_batch>();
    std::vector<flying_frame> landed_;
    std::array<std::vector<iovec>, most_ports> outgoing_; ///< into what was received or has landed
    port_set sending_;
};

} // namespace ktest
