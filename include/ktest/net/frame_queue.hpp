#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <span>

namespace ktest {

/// Frames that wait until a node takes them, first in, first out: a ring of bytes, which takes memory when
/// the first frame waits and never more than its size.
class frame_queue {
public:
    explicit frame_queue(std::size_t size) : size_{size} {}

    auto empty() const -> bool { return places_.empty(); }
    auto count() const -> std::size_t { return places_.size(); }

    /// Copies the frame; false: there is no room for it.
    auto push(std::span<std::byte const> frame) -> bool {
        auto const taken = std::max(frame.size(), smallest);
        if (places_.empty()) begin_ = end_ = 0;
        auto const wrapped = end_ < begin_ || (end_ == begin_ && !places_.empty());
        auto at = end_;
        if (!wrapped && size_ - end_ < taken) at = 0; // what is left at the end stays unused
        auto const limit = wrapped || at != end_ ? begin_ : size_;
        if (at > limit || limit - at < taken) return false;
        if (!ring_) ring_ = std::make_unique_for_overwrite<std::byte[]>(size_);
        std::copy(frame.begin(), frame.end(), ring_.get() + at);
        places_.push_back({at, frame.size()});
        end_ = at + taken;
        return true;
    }

    /// The n-th frame from the front; stays where it is until it is popped.
    auto at(std::size_t n) const -> std::span<std::byte> {
        return {ring_.get() + places_[n].offset, places_[n].size};
    }

    void pop(std::size_t count) {
        places_.erase(places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(count));
        if (!places_.empty()) begin_ = places_.front().offset;
    }

private:
    static constexpr std::size_t smallest = 64; ///< so that tiny frames have a bound, too

    struct place {
        std::size_t offset, size;
    };
    std::size_t size_;
    std::unique_ptr<std::byte[]> ring_;
    std::deque<place> places_;
    std::size_t begin_ = 0, end_ = 0; ///< within the ring; equal: empty or full
};

} // namespace ktest
