#pragma once

#include <ktest/child_process.hpp>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace ktest::cli {

namespace detail {

/// In the guardian: runs the command and waits for it, for ten seconds at most.
inline void run_quietly(char* const* arguments) {
    constexpr unsigned limit = 10;
    auto const pid = ::fork();
    if (pid == 0) {
        ::alarm(limit);
        ::execvp(arguments[0], arguments);
        ::_exit(127);
    }
    while (pid > 0 && ::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

/// In the guardian: waits for a word from ktest; when ktest ends without one, cancels its job. Several times,
/// for a job may still have been on its way to the scheduler, or the scheduler may have been busy; all within
/// a minute.
[[noreturn]] inline void guard_job(int word, char* const* cancel) {
    ::prctl(PR_SET_NAME, "ktest-guardian");
    for (auto const number : {0, 1, 2}) ::dup2(::open("/dev/null", O_RDWR), number);
    ::dup2(word, 3);
    ::syscall(SYS_close_range, 4U, ~0U, 0U);
    char said = 0;
    ssize_t got = 0;
    while ((got = ::read(3, &said, 1)) < 0 && errno == EINTR) {
    }
    if (got == 1) ::_exit(0);
    for (auto const delay : {0U, 2U, 10U}) {
        ::sleep(delay);
        run_quietly(cancel);
    }
    ::_exit(0);
}

} // namespace detail

/// Cancels a job if this process ends without dismissing it, however it ends. What cancels it is no child of
/// this process and in a session of its own: CTest's timeout kills all processes below CTest.
class job_guardian {
public:
    /// No command: there is nothing to guard.
    static auto post(std::vector<std::string> const& cancel) -> result<job_guardian> {
        job_guardian guardian;
        if (cancel.empty()) return guardian;
        auto const arguments = ktest::detail::pointers(cancel);
        std::array<int, 2> pipe{};
        if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return system_failure(errno, "pipe");
        descriptor const theirs{pipe[0]};
        guardian.word_ = descriptor{pipe[1]};
        auto const pid = ::fork();
        if (pid < 0) return system_failure(errno, "fork");
        if (pid == 0) {
            for (auto const number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::signal(number, SIG_DFL);
            sigset_t none;
            ::sigemptyset(&none);
            ::sigprocmask(SIG_SETMASK, &none, nullptr);
            ::setsid();
            auto const own = ::fork();
            if (own != 0) ::_exit(own < 0 ? errno : 0);
            detail::guard_job(theirs.get(), arguments.data());
        }
        int status = 0;
        while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        if (status != 0) return system_failure(WEXITSTATUS(status), "fork");
        return guardian;
    }

    /// The job has ended by itself.
    void dismiss() {
        if (word_) (void)!::write(word_.get(), "", 1);
        word_.close();
    }

private:
    descriptor word_;
};

} // namespace ktest::cli
