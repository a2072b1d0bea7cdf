#pragma once

#include <ktest/ignored_signal.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>

namespace ktest::cli {

/// While it lives, SIGCHLD and what ends a run wait until they are asked for.
class awaited_signals {
public:
    awaited_signals() {
        ::sigemptyset(&set_);
        for (auto const number : {SIGCHLD, SIGINT, SIGTERM, SIGHUP})
            if (number != SIGHUP || !is_ignored(number)) ::sigaddset(&set_, number);
        ::signal(SIGCHLD, SIG_DFL);
        ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
    }
    awaited_signals(awaited_signals const&) = delete;
    auto operator=(awaited_signals const&) -> awaited_signals& = delete;
    ~awaited_signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

    auto next() const -> int {
        for (;;)
            if (auto const number = ::sigwaitinfo(&set_, nullptr); number > 0) return number;
    }

    /// The same, for so long at most; 0: none came.
    auto next_within(std::chrono::seconds time) const -> int {
        timespec const left{time.count(), 0};
        return std::max(::sigtimedwait(&set_, nullptr, &left), 0);
    }

private:
    sigset_t set_{}, before_{};
};

} // namespace ktest::cli
