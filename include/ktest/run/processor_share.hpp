#pragma once

#include <ktest/file.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <deque>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace ktest {

/// What the host gave a thread since it began (the kernel's Documentation/scheduler/sched-stats.rst).
struct thread_time {
    std::chrono::nanoseconds ran{}, waited{}; ///< waited: wanted a processor and had none
    friend auto operator==(thread_time const&, thread_time const&) -> bool = default;
};

inline auto parse_thread_time(std::string_view schedstat) -> std::optional<thread_time> {
    std::int64_t ran = 0;
    std::int64_t waited = 0;
    auto const* const end = schedstat.data() + schedstat.size();
    auto const [next, failed] = std::from_chars(schedstat.data(), end, ran);
    if (failed != std::errc{} || next == end) return std::nullopt;
    if (std::from_chars(next + 1, end, waited).ec != std::errc{}) return std::nullopt;
    return thread_time{std::chrono::nanoseconds{ran}, std::chrono::nanoseconds{waited}};
}

/// Whether the host let the virtual CPUs run, looked at about every second.
class processor_share {
public:
    using clock = std::chrono::steady_clock;

    /// `stopped`: the whole machine could not run since the last look, whatever its threads wanted.
    void add(clock::time_point now, std::vector<thread_time> threads, bool stopped) {
        auto halted = std::chrono::nanoseconds{};
        if (!looks_.empty()) {
            auto const passed = now - looks_.back().at;
            // Who looks every second and comes late was not let run, and neither was the machine.
            constexpr auto late = std::chrono::seconds{3};
            halted = looks_.back().halted + (stopped || passed > late ? passed : clock::duration{});
        }
        looks_.push_back({now, halted, std::move(threads)});
        if (looks_.size() > kept) looks_.pop_front();
    }

    /// Of the last `window`, as far as it was looked at, the time in which a virtual CPU that wanted to run
    /// could not; none: it could for more than a quarter of it.
    auto starved(std::chrono::seconds window) const -> std::optional<std::chrono::seconds> {
        if (looks_.empty()) return std::nullopt;
        auto const& last = looks_.back();
        auto first = looks_.begin();
        while (std::next(first) != looks_.end() && std::next(first)->at <= last.at - window) ++first;
        auto const seen = last.at - first->at;
        // A thread's waiting is counted when it ends, maybe in one piece, and part of it may lie before.
        auto waited = std::chrono::nanoseconds{};
        for (std::size_t i = 0; i < std::min(last.threads.size(), first->threads.size()); ++i)
            waited = std::max(waited, std::min(last.threads[i].waited - first->threads[i].waited,
                                               seen - (last.threads[i].ran - first->threads[i].ran)));
        auto const missed = std::min<std::chrono::nanoseconds>(seen, last.halted - first->halted + waited);
        if (missed * 4 < seen * 3 || seen < std::chrono::seconds{2}) return std::nullopt;
        return std::chrono::round<std::chrono::seconds>(missed);
    }

private:
    struct look {
        clock::time_point at;
        std::chrono::nanoseconds halted; ///< since the first look
        std::vector<thread_time> threads;
    };
    static constexpr std::size_t kept = 600;
    std::deque<look> looks_;
};

} // namespace ktest
