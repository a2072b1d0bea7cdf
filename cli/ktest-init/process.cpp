#include "process.hpp"

#include "problem.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <string_view>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ktest::init {
namespace {

auto pointers(std::vector<std::string> const& words) -> std::vector<char*> {
    std::vector<char*> list;
    list.reserve(words.size() + 1);
    for (auto const& word : words) list.push_back(const_cast<char*>(word.c_str()));
    list.push_back(nullptr);
    return list;
}

auto search_path(std::vector<std::string> const& environment) -> std::string_view {
    std::string_view path;
    for (std::string_view const variable : environment)
        if (variable.starts_with("PATH=")) path = variable.substr(5);
    return path;
}

/// execvpe(3), but a file that is neither a binary nor begins with #! is refused, not given to a shell.
/// Comes back only when it failed; errno tells.
void execute(program const& what, char* const* arguments, char* const* environment) {
    auto const& name = what.arguments.front();
    if (name.find('/') != std::string::npos) {
        ::execve(name.c_str(), arguments, environment);
        return;
    }
    auto last = ENOENT;
    for (auto path = search_path(what.environment); !path.empty();) {
        auto const directory = path.substr(0, path.find(':'));
        path.remove_prefix(std::min(path.size(), directory.size() + 1));
        ::execve((std::string{directory} + "/" + name).c_str(), arguments, environment);
        if (errno != ENOENT && errno != ENOTDIR) last = errno;
    }
    errno = last;
}

[[noreturn]] void become(program const& what, char* const* arguments, char* const* environment) {
    ::setsid();
    for (auto number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    auto const null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    auto target = 0;
    for (auto const ours : {what.input, what.output, what.error}) ::dup2(ours < 0 ? null : ours, target++);
    if (what.terminal) ::ioctl(0, TIOCSCTTY, 0);
    if (::chdir(what.directory.c_str()) == 0) execute(what, arguments, environment);
    auto const number = errno;
    struct stat status {};
    auto const& name = what.arguments.front();
    char const* hint = "";
    if (number == ENOENT && name.find('/') != std::string::npos && ::stat(name.c_str(), &status) == 0)
        hint = " (of its interpreter: see its first line, or readelf -l)";
    if (number == ENOEXEC) hint = " (neither a program for this machine nor a script that begins with #!)";
    ::dprintf(2, "ktest: cannot run %s: %s%s\n", name.c_str(), std::strerror(number), hint);
    ::_exit(number == ENOENT || number == ENOTDIR ? 127 : 126);
}

} // namespace

auto base_environment() -> std::vector<std::string> {
    return {"PATH=/cdrom:/run/ktest/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=/root", "USER=root", "LOGNAME=root"};
}

auto start(program const& what) -> pid_t {
    auto const arguments = pointers(what.arguments);
    auto const environment = pointers(what.environment);
    auto const pid = ::fork();
    if (pid == 0) become(what, arguments.data(), environment.data());
    return pid;
}

} // namespace ktest::init
