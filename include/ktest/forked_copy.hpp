#pragma once

#include <ktest/child_process.hpp>

#include <cstdio>

namespace ktest {

/// Starts a copy of this process, alone in a process group, that does `body() -> int` and ends with that
/// status. It has our descriptors, default signals, and dies with the thread that started it.
template<class Body>
auto fork_copy(Body body) -> result<child_process> {
    std::fflush(stdout); // or the copy would write it, too
    auto const parent = ::getpid();
    auto const pid = ::fork();
    if (pid < 0) return system_failure(errno, "fork");
    if (pid == 0) {
        detail::settle_child(parent, SIGKILL);
        auto const status = body();
        std::fflush(stdout);
        ::_exit(status);
    }
    ::setpgid(pid, pid); // both sides do it, so that neither can be late
    return child_process{pid};
}

} // namespace ktest
