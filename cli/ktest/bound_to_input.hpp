#pragma once

#include <array>
#include <csignal>
#include <thread>

#include <unistd.h>

namespace ktest::cli {

/// From now on this process gets a SIGTERM when its stdin ends, as that of a program on the far side does
/// when ssh is gone, or the connection. What comes there is nobody's.
inline void bind_to_input() {
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before); // signals are the main thread's
    std::thread{[] {
        std::array<char, 256> ignored{};
        while (::read(STDIN_FILENO, ignored.data(), ignored.size()) > 0) {
        }
        ::kill(::getpid(), SIGTERM);
    }}.detach();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

} // namespace ktest::cli
