#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace ktest {

/// How long to wait for the end of the kernel's report: one without a last line of its own ends when the
/// kernel says nothing for a while, and none is waited for beyond `longest` in all.
class report_wait {
public:
    using clock = std::chrono::steady_clock;

    explicit report_wait(std::chrono::milliseconds longest) : longest_{longest} {}

    void kernel_spoke(clock::time_point now) { spoke_ = now; }
    /// When to look again whether the report goes on; none: it is waited for no longer.
    auto until(clock::time_point now) -> std::optional<clock::time_point> {
        constexpr std::chrono::seconds quiet{5};
        if (!ends_) ends_ = now + longest_;
        auto const until = std::min(spoke_ + quiet, *ends_);
        if (until <= now) return {};
        return until;
    }

private:
    std::chrono::milliseconds longest_;
    clock::time_point spoke_{};
    std::optional<clock::time_point> ends_; ///< counted from when the report was first waited for
};

} // namespace ktest
