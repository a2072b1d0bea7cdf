#pragma once

#include <ktest/net/frame_queue.hpp>
#include <ktest/net/frame_socket.hpp>
#include <ktest/net/port_counters.hpp>

namespace ktest {

/// The way out of a switch to one node: what its socket does not take now waits in a bounded queue.
class switch_port {
public:
    static constexpr std::size_t queue_size = 2U << 20U;

    explicit switch_port(descriptor end) : end_{std::move(end)} {}

    auto number() const -> int { return end_.get(); }
    /// The node takes nothing more, for it has closed its end.
    auto is_deaf() const -> bool { return deaf_; }
    /// Frames that wait for the socket to become writable.
    auto backlog() const -> std::size_t { return queue_.count(); }

    /// Takes every frame or drops and counts it.
    void send(std::span<iovec> frames, port_counters& counters) {
        auto const sent = queue_.empty() && !deaf_ ? try_to_send(frames, counters) : 0;
        for (auto const& frame : frames.subspan(sent)) {
            if (deaf_)
                ++counters.gone;
            else if (!queue_.push({static_cast<std::byte const*>(frame.iov_base), frame.iov_len}))
                ++counters.full;
        }
    }

    /// The socket may be writable again.
    void flush(port_counters& counters) {
        std::array<iovec, frames_at_once> frames{};
        while (!queue_.empty() && !deaf_) {
            auto const count = std::min(queue_.count(), frames.size());
            for (std::size_t i = 0; i < count; ++i) frames[i] = {queue_.at(i).data(), queue_.at(i).size()};
            auto const taken = try_to_send({frames.data(), count}, counters);
            queue_.pop(taken);
            if (taken < count) break;
        }
        if (!deaf_) return;
        counters.gone += queue_.count();
        queue_.pop(queue_.count());
    }

private:
    /// How many of them need no further thought.
    auto try_to_send(std::span<iovec> frames, port_counters& counters) -> std::size_t {
        std::size_t done = 0;
        while (done < frames.size()) {
            auto const sent = send_frames(end_.get(), frames.subspan(done));
            for (auto const& frame : frames.subspan(done, sent.count)) counters.bytes_out += frame.iov_len;
            counters.frames_out += sent.count;
            done += sent.count;
            if (sent.failure == 0 || sent.failure == EAGAIN) break;
            if (sent.failure == EMSGSIZE || sent.failure == ENOBUFS || sent.failure == ENOMEM) {
                ++counters.full; // the host has no room for this one
                ++done;
            } else {
                deaf_ = true;
                break;
            }
        }
        return done;
    }

    descriptor end_;
    frame_queue queue_{queue_size};
    bool deaf_ = false;
};

} // namespace ktest
