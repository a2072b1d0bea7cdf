#pragma once

#include "awaited_signals.hpp"
#include <ktest/capture.hpp>

#include <optional>

namespace ktest::cli {

/// Runs ssh until it ends, for so long at most; none: this process was told to end. Its stdin stays open
/// meanwhile: by its end the far ktest knows that all is over.
inline auto run_ssh(std::vector<std::string> const& words, std::chrono::seconds limit)
    -> result<std::optional<followed>> {
    using namespace std::chrono;
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return system_failure(errno, "pipe");
    descriptor theirs{pipe[0]};
    descriptor const ours{pipe[1]};
    awaited_signals const signals;
    auto child = start({.arguments = words, .descriptors = {{theirs.get(), 0}, {1, 1}, {2, 2}}});
    if (!child) return tl::unexpected{child.error()};
    theirs.close();
    auto const until = steady_clock::now() + limit;
    for (;;) {
        auto const number = signals.next_within(std::max(ceil<seconds>(until - steady_clock::now()), 1s));
        if (number != 0 && number != SIGCHLD) return std::optional<followed>{};
        if (auto const status = child->try_wait()) return std::optional{followed{.status = *status}};
        if (steady_clock::now() >= until)
            return std::optional{followed{.status = SIGKILL, .timed_out = true}}; // as it ends now
    }
}

} // namespace ktest::cli
