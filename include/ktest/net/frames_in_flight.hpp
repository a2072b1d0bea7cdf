#pragma once

#include <ktest/net/port_set.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace ktest {

/// A frame that arrives later.
struct flying_frame {
    std::chrono::steady_clock::time_point arrival;
    port_number from, to;
    std::vector<std::byte> bytes;
    std::uint64_t order = 0; ///< of those that arrive at once
};

/// Frames under way on links with a delay, the next to arrive first.
class frames_in_flight {
public:
    using time = std::chrono::steady_clock::time_point;

    /// What may be under way to one port: 16 MiB are 100 ms of a gigabit.
    static constexpr std::size_t most_bytes = 16U << 20U;

    /// False: too much is under way to that port.
    auto launch(std::span<std::byte const> frame, port_number from, port_number to, time arrival) -> bool {
        auto& flying = bytes_[to.index];
        if (flying + charge(frame.size()) > most_bytes) return false;
        flying += charge(frame.size());
        heap_.push_back({arrival, from, to, {frame.begin(), frame.end()}, order_++});
        std::push_heap(heap_.begin(), heap_.end(), later);
        return true;
    }

    /// When the next one arrives.
    auto next() const -> std::optional<time> {
        if (heap_.empty()) return std::nullopt;
        return heap_.front().arrival;
    }

    /// The next one, if it has arrived.
    auto land(time now) -> std::optional<flying_frame> {
        if (heap_.empty() || heap_.front().arrival > now) return std::nullopt;
        std::pop_heap(heap_.begin(), heap_.end(), later);
        auto landed = std::move(heap_.back());
        heap_.pop_back();
        bytes_[landed.to.index] -= charge(landed.bytes.size());
        return landed;
    }

    auto count() const -> std::size_t { return heap_.size(); }

private:
    static auto charge(std::size_t size) -> std::size_t { return size + sizeof(flying_frame) + 32; }
    static auto later(flying_frame const& one, flying_frame const& other) -> bool {
        return std::pair{one.arrival, one.order} > std::pair{other.arrival, other.order};
    }

    std::vector<flying_frame> heap_;
    std::array<std::size_t, most_ports> bytes_{};
    std::uint64_t order_ = 0;
};

} // namespace ktest
