#pragma once

// Why not a library's launcher: a child of ktest must die with ktest (PR_SET_PDEATHSIG), lead a process
// group, and hold exactly the descriptors that it was given; Boost.Process 1.81 leaks the gaps between them.

#include <ktest/descriptor.hpp>
#include <ktest/guardian.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace ktest {

/// A program to start: what execvpe(3) is given, and the descriptors that the child holds.
struct command {
    std::vector<std::string> arguments;                  ///< the program first, looked up on PATH
    std::optional<std::vector<std::string>> environment; ///< none: the caller's
    std::filesystem::path directory;                     ///< empty: the caller's
    std::vector<std::pair<int, int>> descriptors; ///< ours -> the child's; 0, 1, 2 not named: /dev/null
    int death_signal = SIGKILL;                   ///< what it gets when the thread that started it ends
    std::optional<mode_t> mask;                   ///< its umask(2); none: the caller's
    bool guarded = false;                         ///< what it started ends when it does, or when ktest does
    std::vector<int> kept; ///< ours that stay open until a guarded program has ended, be ktest gone by then
};

/// Owns a running child that leads its own process group: destroyed unwaited, the group is killed and reaped.
/// Of a guarded program it owns the guardian, which ends as the program does and is ended by SIGTERM.
class child_process {
public:
    child_process() = default;
    explicit child_process(pid_t pid, bool guarded = false) : pid_{pid}, guarded_{guarded} {}
    child_process(child_process&& other) noexcept
        : pid_{std::exchange(other.pid_, 0)}, guarded_{other.guarded_} {}
    auto operator=(child_process&& other) noexcept -> child_process& {
        if (this != &other) {
            kill_and_reap();
            pid_ = std::exchange(other.pid_, 0);
            guarded_ = other.guarded_;
        }
        return *this;
    }
    ~child_process() { kill_and_reap(); }

    auto pid() const -> pid_t { return pid_; }
    void signal(int number) const {
        if (pid_ > 0) ::kill(-pid_, number);
    }
    /// Whoever takes the pid must wait for it.
    auto release() -> pid_t { return std::exchange(pid_, 0); }
    /// Waits for the end; the status is waitpid(2)'s.
    auto wait() -> int {
        int status = 0;
        while (pid_ > 0 && ::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = 0;
        return status;
    }
    /// The status if it has ended.
    auto try_wait() -> std::optional<int> {
        int status = 0;
        if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
        pid_ = 0;
        return status;
    }

private:
    void kill_and_reap() {
        signal(guarded_ ? SIGTERM : SIGKILL); // a guardian must live to kill the others
        wait();
    }
    pid_t pid_ = 0;
    bool guarded_ = false;
};

namespace detail {

/// In the child: moves the named descriptors to their numbers and closes every other; `report` moves out of
/// the way. False: errno says why.
inline auto place_descriptors(std::vector<std::pair<int, int>> wanted, int& report) -> bool {
    auto top = 2;
    for (auto const& [ours, theirs] : wanted) top = std::max(top, theirs);
    for (auto& [ours, theirs] : wanted) { // out of the way first, for one's target may be another's source
        ours = ::fcntl(ours, F_DUPFD, top + 1);
        if (ours < 0) return false;
    }
    auto const moved = ::fcntl(report, F_DUPFD_CLOEXEC, top + 1);
    if (moved < 0) return false;
    report = moved;
    for (auto number = 0; number <= top; ++number) {
        auto const entry =
            std::find_if(wanted.begin(), wanted.end(), [&](auto const& w) { return w.second == number; });
        if (entry != wanted.end()) {
            if (::dup2(entry->first, number) < 0) return false;
        } else if (number <= 2) {
            descriptor null{::open("/dev/null", O_RDWR)};
            if (null.get() == number)
                null.release();
            else
                ::dup2(null.get(), number);
        } else {
            ::close(number);
        }
    }
    ::syscall(SYS_close_range, static_cast<unsigned>(top + 1), ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
    return true;
}

inline auto pointers(std::vector<std::string> const& words) {
    std::vector<char*> list;
    list.reserve(words.size() + 1);
    for (auto const& word : words)
        list.push_back(const_cast<char*>(word.c_str())); // NOLINT(cppcoreguidelines-pro-type-const-cast)
    list.push_back(nullptr);
    return list;
}

/// In the child, before anything else: own process group, default signals, and the promise to die with
/// `parent`.
inline void settle_child(pid_t parent, int death_signal) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, death_signal);
    if (::getppid() != parent) ::_exit(127);
    for (auto const number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD}) ::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

} // namespace detail

/// Starts a program. An exec that fails is an error here, not an exit status later: `cannot run` it, or
/// `cannot start` it where the host has no room for one more.
inline auto start(command const& what) -> result<child_process> {
    auto const arguments = detail::pointers(what.arguments);
    auto const environment = what.environment ? detail::pointers(*what.environment) : std::vector<char*>{};
    auto kept = what.kept;
    std::sort(kept.begin(), kept.end());
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return system_failure(errno, "pipe");
    descriptor told{pipe[0]};
    descriptor tell{pipe[1]};
    auto const parent = ::getpid();
    auto const pid = ::fork();
    if (pid < 0) return system_failure(errno, "fork");
    if (pid == 0) {
        detail::settle_child(parent, what.guarded ? SIGTERM : what.death_signal);
        auto const guardian = ::getpid();
        auto const born = !what.guarded || detail::stand_guard(kept) == 0;
        if (::getpid() != guardian) detail::settle_child(guardian, SIGKILL);
        auto report = tell.get();
        if (born && (what.directory.empty() || ::chdir(what.directory.c_str()) == 0)
            && detail::place_descriptors(what.descriptors, report)) {
            if (what.mask) ::umask(*what.mask);
            auto const* const variables = what.environment ? environment.data() : environ;
            // execvpe(3) gives a file that is no program to sh, even where a path names it.
            if (what.arguments[0].find('/') != std::string::npos)
                ::execve(arguments[0], arguments.data(), variables);
            else
                ::execvpe(arguments[0], arguments.data(), variables);
        }
        auto const number = errno;
        (void)!::write(report, &number, sizeof number);
        ::_exit(127);
    }
    child_process child{pid, what.guarded};
    ::setpgid(pid, pid); // both sides do it, so that neither can be late
    tell.close();
    int number = 0;
    if (::read(told.get(), &number, sizeof number) == static_cast<ssize_t>(sizeof number)) {
        child.wait();
        auto const host_lacks = number == EAGAIN || number == ENOMEM || number == EMFILE || number == ENFILE;
        return system_failure(number, "cannot {} {}", host_lacks ? "start" : "run", what.arguments[0]);
    }
    return child;
}

} // namespace ktest
