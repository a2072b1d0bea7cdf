#pragma once

#include <ktest/net/forwarding_table.hpp>
#include <ktest/net/frames_in_flight.hpp>
#include <ktest/net/link_faults.hpp>
#include <ktest/net/port_watch.hpp>
#include <ktest/net/switch_port.hpp>

#include <functional>

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

    static auto create(link_faults const& faults) -> result<l2_switch> {
        return port_watch::create().map([&](port_watch watch) {
            return l2_switch{std::move(watch), faults};
        });
    }

    /// Takes the switch's end of a cable; a port that has one already gets the new one.
    auto plug(port_number port, descriptor end) -> result<void> {
        unplug(port);
        return watch_.add(port, end.get()).map([&] {
            ports_[port.index].emplace(std::move(end));
            connected_.insert(port);
        });
    }
    /// Closes the switch's end, with what waits there. Counters stay.
    void unplug(port_number number) {
        auto& port = ports_[number.index];
        if (!port) return;
        counters_[number.index].gone += port->backlog();
        watch_.remove(number, port->number());
        port.reset();
        forget(number);
    }

    /// Readable when there is something to do now.
    auto number() const -> int { return watch_.number(); }
    /// When there is something to do although nothing becomes readable.
    auto next_arrival() const -> std::optional<time> { return flying_.next(); }

    /// Moves what there is, but at most a batch for each port, so that others in the loop have their turn.
    /// True: there may be more at once.
    auto work(time now) -> bool {
        if (land(now)) return true; // what comes now must not overtake it
        auto busy = false;
        watch_.for_each_ready([&](port_watch::ready_port const& ready) {
            auto& port = ports_[ready.number.index];
            if (port && ready.writable) {
                port->flush(counters_[ready.number.index]);
                settle(ready.number);
            }
            if (port && ready.readable) busy |= receive(ready.number, ready.hung_up, now);
        });
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
    l2_switch(port_watch watch, link_faults const& faults) : watch_{std::move(watch)}, faults_{faults} {}

    /// What has arrived at its node's port. True: there is more.
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
        return flying_.next().value_or(time::max()) <= now;
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
        watch_.wait_for_room(number, port.number(), port.backlog() > 0);
    }

    void forget(port_number port) {
        connected_.erase(port);
        table_.forget(port);
    }

    port_watch watch_;
    link_faults faults_;
    forwarding_table table_;
    frames_in_flight flying_;
    std::array<std::optional<switch_port>, most_ports> ports_;
    std::array<port_counters, most_ports> counters_{};
    port_set connected_; ///< those that frames are sent to
    std::function<void(frame_passage const&)> tap_;

    std::unique_ptr<frame_batch> batch_ = std::make_unique<frame_batch>();
    std::vector<flying_frame> landed_;
    std::array<std::vector<iovec>, most_ports> outgoing_; ///< into what was received or has landed
    port_set sending_;
};

} // namespace ktest
