#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ktest {

/// How long each part of a guest has said nothing, in seconds during which it could have: who counts calls
/// `second_passed` only then.
class signs_of_life {
public:
    void user_space() {
        user_space_ago_ = console_ago_ = console_bytes_ = 0;
        ++times_heard_;
    }
    void console(std::size_t bytes) {
        console_ago_ = 0;
        console_bytes_ += bytes;
        recent_.front() += bytes;
    }
    void second_passed() {
        ++user_space_ago_;
        ++console_ago_;
        std::rotate(recent_.begin(), recent_.end() - 1, recent_.end());
        recent_.front() = 0;
    }

    /// User space (init's heartbeat, the test's output) is silent, and the kernel too, or it does nothing but
    /// print.
    auto hangs(std::chrono::seconds silence) const -> bool {
        constexpr std::uint64_t report_pause = 5; // a report that the console is still busy with ends soon
        auto const limit = static_cast<std::uint64_t>(silence.count());
        return user_space_ago_ >= limit && (console_ago_ >= report_pause || user_space_ago_ >= 2 * limit);
    }
    auto seconds_silent() const -> std::uint64_t { return user_space_ago_; }
    /// How often user space was heard.
    auto times_heard() const -> std::uint64_t { return times_heard_; }
    /// What the console has brought since user space was heard.
    auto console_bytes() const -> std::uint64_t { return console_bytes_; }
    /// The kernel prints, and prints: for longer than any report of it takes.
    auto console_is_flooded() const -> bool {
        return std::all_of(recent_.begin() + 1, recent_.end(), [](auto bytes) { return bytes >= flood; });
    }

private:
    static constexpr std::uint64_t flood = 2048; ///< bytes a second
    std::uint64_t user_space_ago_ = 0, console_ago_ = 0, console_bytes_ = 0, times_heard_ = 0;
    std::array<std::uint64_t, 5> recent_{}; ///< the console's bytes of this second and of those before
};

} // namespace ktest
