#pragma once

#include <ktest/child_process.hpp>

#include <array>
#include <chrono>
#include <string>

#include <poll.h>

namespace ktest {

/// What a program printed and how it ended (waitpid's status).
struct captured {
    int status = 0;
    std::string out;
    std::string err;
    bool timed_out = false;  ///< it was killed because its time was up
    bool overflowed = false; ///< it was killed because it printed too much

    auto succeeded() const -> bool { return status == 0 && !timed_out && !overflowed; }
};

struct capture_limits {
    std::chrono::milliseconds time = std::chrono::hours{24};
    std::size_t size = std::size_t{1} << 26U; ///< bytes of stdout, and of stderr
};

namespace detail {

struct captured_stream {
    descriptor end;
    std::string* text = nullptr;

    /// Takes what is there now; at the end of the stream the descriptor is closed.
    void drain(std::size_t limit) {
        std::array<char, 1U << 16U> block{};
        while (end && text->size() <= limit) {
            auto const got = ::read(end.get(), block.data(), block.size());
            if (got > 0)
                text->append(block.data(), static_cast<std::size_t>(got));
            else if (got == 0)
                end.close();
            else if (errno != EINTR)
                return;
        }
    }
};

} // namespace detail

/// Runs a program to its end and takes its stdout and stderr. Past a limit it is sent its `death_signal`, a
/// guarded one SIGTERM. What it left in the background is not waited for; a guarded one leaves nothing.
inline auto capture(command what, capture_limits limits = {}) -> result<captured> {
    captured all;
    std::array streams{detail::captured_stream{{}, &all.out}, detail::captured_stream{{}, &all.err}};
    std::array<descriptor, 2> theirs;
    for (std::size_t i = 0; i < streams.size(); ++i) {
        std::array<int, 2> pipe{};
        if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return system_failure(errno, "pipe");
        streams[i].end = descriptor{pipe[0]};
        theirs[i] = descriptor{pipe[1]};
        ::fcntl(pipe[0], F_SETFL, O_NONBLOCK);
        what.descriptors.emplace_back(pipe[1], static_cast<int>(i) + 1);
    }
    auto child = start(what);
    if (!child) return tl::unexpected{child.error()};
    for (auto& end : theirs) end.close();
    descriptor const alive{static_cast<int>(::syscall(SYS_pidfd_open, child->pid(), 0))};
    if (!alive) return system_failure(errno, "pidfd_open");

    auto const deadline = std::chrono::steady_clock::now() + limits.time;
    for (;;) {
        auto const left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        std::array waited{pollfd{alive.get(), POLLIN, 0}, pollfd{streams[0].end.get(), POLLIN, 0},
                          pollfd{streams[1].end.get(), POLLIN, 0}};
        auto const wait = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1 << 30U));
        auto const events = ::poll(waited.data(), waited.size(), wait);
        for (auto& stream : streams) stream.drain(limits.size);
        all.overflowed = all.out.size() > limits.size || all.err.size() > limits.size;
        all.timed_out = !all.overflowed && events == 0;
        if (all.overflowed || all.timed_out) child->signal(what.guarded ? SIGTERM : what.death_signal);
        if (all.overflowed || all.timed_out || (waited[0].revents & POLLIN) != 0) break;
    }
    all.status = child->wait();
    for (auto& stream : streams) stream.drain(limits.size);
    return all;
}

} // namespace ktest
