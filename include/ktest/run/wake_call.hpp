#pragma once

#include <ktest/guest/messages.hpp>
#include <ktest/run/session.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace ktest {

/// Nanoseconds since 1970.
inline auto wall_clock() -> std::uint64_t {
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds{std::chrono::system_clock::now().time_since_epoch()}.count());
}

/// What a restored guest is told first, and whether what answers is that guest.
class wake_call {
public:
    /// None: the guest boots, and there is nobody to wake.
    explicit wake_call(std::optional<wire::wake> message) : message_{std::move(message)} {}

    auto is_wanted() const -> bool { return message_.has_value(); }
    /// Once: the guest runs.
    void give(session& machine) {
        if (!message_ || std::exchange(given_, true)) return;
        message_->wall_clock_ns = wall_clock();
        machine.tell(*message_);
    }
    /// Whether it is the guest that was woken, and lives in the present.
    auto is_well(wire::awake const& awake) const -> bool {
        constexpr std::uint64_t slack = 50'000'000;
        return message_ && awake.nonce == message_->nonce
               && awake.wall_clock_ns + slack >= message_->wall_clock_ns
               && awake.wall_clock_ns <= wall_clock() + slack;
    }

private:
    std::optional<wire::wake> message_;
    bool given_ = false;
};

} // namespace ktest
