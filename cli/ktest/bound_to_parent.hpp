#pragma once

#include <ktest/descriptor.hpp>

#include <csignal>
#include <thread>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ktest::cli {

/// From now on this process gets a SIGTERM when the one that started it has ended. Not by PR_SET_PDEATHSIG,
/// which heeds the thread that started us, and a thread's end is nobody's death.
inline auto bind_to_parent() -> result<void> {
    auto const parent = ::getppid();
    descriptor alive{static_cast<int>(::syscall(SYS_pidfd_open, parent, 0))};
    if (!alive && errno != ESRCH) return system_failure(errno, "pidfd_open");
    if (!alive || ::getppid() != parent)
        return unavailable("--bound: the process that started ktest has ended");
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before); // signals are the main thread's
    std::thread{[alive = std::move(alive)] {
        pollfd ended{alive.get(), POLLIN, 0};
        while (::poll(&ended, 1, -1) < 0) {
        }
        ::kill(::getpid(), SIGTERM);
    }}.detach();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return {};
}

} // namespace ktest::cli
