#pragma once

#include <ktest/child_process.hpp>

#include <array>
#include <chrono>
#include <string>
#include <string_view>

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

/// How a program ended whose output was followed.
struct followed {
    int status = 0;
    bool timed_out = false; ///< it was ended because its time was up
    bool stopped = false;   ///< it was ended because whoever followed it wanted no more
};

namespace detail {

struct followed_stream {
    descriptor end;
    int number = 0; ///< 1 is stdout, 2 is stderr

    /// Gives what is there now; at the end of the stream the descriptor is closed. False: `take` said so.
    template<class Take>
    auto drain(Take& take) -> bool {
        std::array<char, 1U << 16U> block{};
        while (end) {
            auto const got = ::read(end.get(), block.data(), block.size());
            if (got > 0 && !take(number, std::string_view{block.data(), static_cast<std::size_t>(got)}))
                return false;
            if (got == 0) end.close();
            if (got < 0 && errno != EINTR) return true;
        }
        return true;
    }
};

} // namespace detail

/// Runs a program to its end and gives each piece of its stdout and stderr by `take(1 or 2, bytes) -> bool`.
/// When its time is up, or `take` says false, it is sent its `death_signal`, a guarded one SIGTERM. What it
/// left in the background is not waited for; a guarded one leaves nothing.
template<class Take>
auto follow(command what, std::chrono::milliseconds time, Take take) -> result<followed> {
    std::array streams{detail::followed_stream{{}, 1}, detail::followed_stream{{}, 2}};
    std::array<descriptor, 2> theirs;
    for (std::size_t i = 0; i < streams.size(); ++i) {
        std::array<int, 2> pipe{};
        if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return system_failure(errno, "pipe");
        streams[i].end = descriptor{pipe[0]};
        theirs[i] = descriptor{pipe[1]};
        ::fcntl(pipe[0], F_SETFL, O_NONBLOCK);
        // make, asked to end, says what it removes before it does: a pipe without a reader would kill it.
        what.kept.push_back(pipe[0]);
        what.descriptors.emplace_back(pipe[1], streams[i].number);
    }
    auto child = start(what);
    if (!child) return tl::unexpected{child.error()};
    for (auto& end : theirs) end.close();
    descriptor const alive{static_cast<int>(::syscall(SYS_pidfd_open, child->pid(), 0))};
    if (!alive) return system_failure(errno, "pidfd_open");

    followed how;
    auto const drain = [&] {
        for (auto& stream : streams) how.stopped = !stream.drain(take) || how.stopped;
    };
    auto const until = std::chrono::steady_clock::now() + time;
    for (auto ended = false; !ended && !how.stopped && !how.timed_out;) {
        auto const left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        std::array waited{pollfd{alive.get(), POLLIN, 0}, pollfd{streams[0].end.get(), POLLIN, 0},
                          pollfd{streams[1].end.get(), POLLIN, 0}};
        auto const wait = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1 << 30U));
        auto const events = ::poll(waited.data(), waited.size(), wait);
        drain();
        how.timed_out = !how.stopped && events == 0;
        ended = (waited[0].revents & POLLIN) != 0;
    }
    if (how.stopped || how.timed_out) child->signal(what.guarded ? SIGTERM : what.death_signal);
    how.status = child->wait();
    drain();
    return how;
}

/// Runs a program as `follow` does and takes its stdout and stderr whole.
inline auto capture(command what, capture_limits limits = {}) -> result<captured> {
    captured all;
    return follow(std::move(what), limits.time,
                  [&](int stream, std::string_view bytes) {
                      auto& text = stream == 1 ? all.out : all.err;
                      text += bytes;
                      return text.size() <= limits.size;
                  })
        .map([&](followed const& how) {
            all.status = how.status;
            all.timed_out = how.timed_out;
            all.overflowed = how.stopped;
            return std::move(all);
        });
}

} // namespace ktest
