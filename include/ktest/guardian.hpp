#pragma once

// A guardian stands between ktest and a program that may leave anything behind: a test's script, make. It is
// a fork of ktest without an exec, and a subreaper, so every orphan of the program becomes its child, however
// often it forked and whatever session it fled to. It may come from a process with threads: it allocates
// nothing.

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <span>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ktest::detail {

/// How long a program that shall end may take to tidy up (make removes half-written targets), in seconds.
constexpr std::int64_t tidy_up_time = 2;

/// Calls `each(pid)` for the children of the calling thread; false: the kernel has no such list
/// (proc(5), /proc/[pid]/task/[tid]/children, CONFIG_PROC_CHILDREN).
template<class Each>
auto for_each_listed_child(Each each) -> bool {
    auto const list = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    if (list < 0) return false;
    std::array<char, 4096> block;
    pid_t pid = 0;
    for (ssize_t got = 0; (got = ::read(list, block.data(), block.size())) > 0;)
        for (ssize_t i = 0; i < got; ++i) {
            auto const c = block[static_cast<std::size_t>(i)];
            if (c >= '0' && c <= '9')
                pid = pid * 10 + (c - '0');
            else if (pid > 0)
                each(std::exchange(pid, 0));
        }
    ::close(list);
    return true;
}

/// The parent of a process, from /proc/[pid]/stat; 0: it is gone.
inline auto parent_of(int proc, char const* pid) -> pid_t {
    std::array<char, 32> name{};
    auto const digits = std::min(std::strlen(pid), std::size_t{20});
    std::memcpy(name.data(), pid, digits);
    std::memcpy(name.data() + digits, "/stat", 5);
    auto const file = ::openat(proc, name.data(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    std::array<char, 256> text{};
    auto const got = ::read(file, text.data(), text.size() - 1);
    ::close(file);
    auto const* behind_name = got > 0 ? std::strrchr(text.data(), ')') : nullptr;
    return behind_name != nullptr && std::strlen(behind_name) > 4
               ? static_cast<pid_t>(std::strtol(behind_name + 4, nullptr, 10))
               : 0;
}

/// The same for any kernel: looks at every process for those whose parent is the caller.
template<class Each>
void for_each_found_child(Each each) {
    auto const proc = ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto const self = ::getpid();
    alignas(dirent64) std::array<char, 8192> block;
    for (ssize_t got = 0; (got = ::getdents64(proc, block.data(), block.size())) > 0;)
        for (ssize_t at = 0; at < got;) {
            auto const* entry =
                reinterpret_cast<dirent64 const*>(block.data() + at); // NOLINT(*-reinterpret-cast)
            at += entry->d_reclen;
            auto const pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
            if (pid > 0 && parent_of(proc, entry->d_name) == self) each(pid);
        }
    ::close(proc);
}

/// The program that a guardian has started.
struct guarded_program {
    pid_t pid = 0;
    int status = 0;
    bool ended = false;

    /// Reaps one child, any; the answer is waitpid's.
    auto reap(int flags) -> pid_t {
        int how = 0;
        auto const who = ::waitpid(-1, &how, flags);
        if (who == pid) {
            status = how;
            ended = true;
        }
        return who;
    }
};

/// Kills children until none is left; what they leave becomes a child and is killed too.
inline void kill_descendants(guarded_program& program) {
    for (auto misses = 0; misses < 1000;) { // a list that is read while it changes may miss one
        auto found = false;
        auto killed = false;
        auto const kill = [&](pid_t child) {
            found = true;
            killed = ::kill(child, SIGKILL) == 0 || killed;
        };
        if (!for_each_listed_child(kill)) for_each_found_child(kill);
        auto reaped = program.reap(killed ? 0 : WNOHANG);
        if (reaped < 0 && errno == ECHILD) return;
        if (reaped == 0 && found)
            return; // another user's (sudo): we may not kill it, and it must not hold us
        misses = reaped > 0 ? 0 : misses + 1;
        while (reaped > 0) reaped = program.reap(WNOHANG);
        if (misses > 0) ::sched_yield();
    }
}

/// Waits until the program ended by itself, or asks it to when the guardian is told to end.
inline void watch(guarded_program& program, sigset_t const& signals) {
    auto const wait_for = [&](auto next_signal) { // true: the program has ended, false: the guardian shall
        while (!program.ended) {
            auto const number = next_signal();
            if (number == SIGCHLD)
                while (program.reap(WNOHANG) > 0) {
                }
            else if (number > 0 || errno != EINTR)
                break;
        }
        return program.ended;
    };
    if (wait_for([&] { return ::sigwaitinfo(&signals, nullptr); })) return;
    ::kill(-program.pid, SIGTERM);
    ::kill(-program.pid, SIGCONT);
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    auto const deadline = now.tv_sec + tidy_up_time;
    wait_for([&] {
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        timespec const left{deadline - now.tv_sec,
                            0}; // past the deadline it is invalid, which ends the wait too
        return ::sigtimedwait(&signals, nullptr, &left);
    });
}

/// Ends the calling process as the program ended: with its exit status, or by its signal.
[[noreturn]] inline void end_as(int status) {
    if (WIFSIGNALED(status)) {
        rlimit const none{};
        ::setrlimit(RLIMIT_CORE, &none); // one core file is enough
        ::signal(WTERMSIG(status), SIG_DFL);
        sigset_t all;
        ::sigfillset(&all);
        ::sigprocmask(SIG_UNBLOCK, &all, nullptr);
        ::kill(::getpid(), WTERMSIG(status));
    }
    ::_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

/// Closes every descriptor but those, which ascend.
inline void close_all_but(std::span<int const> kept) {
    auto first = 0U;
    for (auto const number : kept) {
        auto const stays = static_cast<unsigned>(number);
        if (stays > first) ::syscall(SYS_close_range, first, stays - 1, 0U);
        first = stays + 1;
    }
    ::syscall(SYS_close_range, first, ~0U, 0U);
}

/// Makes the calling process, a fresh child whose parent's death sends it SIGTERM, a guardian. Returns in the
/// process that is to become the program; in the guardian only, with -1 and errno, when it cannot fork.
/// SIGTERM ends it: it asks the program to end, and `tidy_up_time` later (or at a second signal) kills it. It
/// holds the descriptors in `kept`, which ascend, until all has ended.
inline auto stand_guard(std::span<int const> kept) -> pid_t {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (auto const number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT}) ::sigaddset(&signals, number);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::prctl(PR_SET_NAME, "ktest-guardian");
    guarded_program program{::fork()};
    if (program.pid <= 0) return program.pid;
    ::setpgid(program.pid, program.pid);
    close_all_but(kept); // other pipes and locks are the program's, or ktest's, to hold
    watch(program, signals);
    kill_descendants(program);
    end_as(program.status);
}

} // namespace ktest::detail
