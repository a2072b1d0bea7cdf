#pragma once

#include <ktest/capture.hpp>
#include <ktest/file.hpp>
#include <ktest/spec/deps.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ktest {

namespace detail {

/// The first line of a file, without its end; of a long one the beginning.
inline auto first_line(std::filesystem::path const& path) -> result<std::string> {
    auto const file = open_file(path, O_RDONLY | O_NONBLOCK);
    if (!file) return tl::unexpected{file.error()};
    std::string text(256, '\0');
    auto const got = ::pread(file->get(), text.data(), text.size(), 0);
    if (got < 0) return system_failure(errno, "{}", path.string());
    text.resize(static_cast<std::size_t>(got));
    return text.substr(0, text.find('\n'));
}

/// The test is a file that can be run.
inline auto check_test_file(std::filesystem::path const& test) -> result<void> {
    auto const name = test.string();
    struct stat status {};
    if (::stat(test.c_str(), &status) != 0)
        return usage_error("{}: {}", name, errno == ENOENT ? "there is no such test" : std::strerror(errno));
    if (S_ISDIR(status.st_mode)) return usage_error("{}: is a directory: name a test in it", name);
    if (!S_ISREG(status.st_mode)) return usage_error("{}: is not a regular file", name);
    if (::faccessat(AT_FDCWD, test.c_str(), R_OK, AT_EACCESS) != 0)
        return usage_error("{0}: cannot be read: chmod +r {0}", name);
    if (::faccessat(AT_FDCWD, test.c_str(), X_OK, AT_EACCESS) != 0)
        return usage_error("{0}: is not executable: chmod +x {0}", name);
    return {};
}

/// Why a file that is there and executable did not start.
inline auto cannot_start(std::filesystem::path const& test, error const& failure) -> tl::unexpected<error> {
    if (failure.message.substr(0, 10) != "cannot run") return tl::unexpected{failure}; // no fork, no pipe
    auto const line = first_line(test).value_or("");
    if (line.substr(0, SELFMAG) == ELFMAG) return usage_error("{}: {}", test.string(), failure.message);
    if (line.substr(0, 2) != "#!")
        return usage_error("{}:1: neither a script nor a program: begin it with #!/bin/sh", test.string());
    if (line.find('\r') != std::string::npos)
        return usage_error("{0}:1: its lines end in CR LF: sed -i 's/\\r$//' {0}", test.string());
    return usage_error("{}:1: its interpreter {} cannot be run: {}", test.string(),
                       shortened(trim(line.substr(2))), failure.message);
}

/// The end of what a program printed, indented, for an error; rubbish is left out.
inline auto last_words(std::string_view text) -> std::string {
    constexpr std::size_t most = 2000;
    std::string words;
    for (auto const c : text.substr(text.size() > most ? text.size() - most : 0))
        if (c == '\n' || c == '\t' || static_cast<unsigned char>(c) >= 0x20)
            words += c == '\n' ? "\n  " : std::string{c};
    words.erase(words.find_last_not_of(" \n") + 1);
    return words.empty() ? "" : ":\n  " + words;
}

} // namespace detail

/// How long a script may take to answer `deps`, and how much it may say.
constexpr capture_limits deps_limits{.time = std::chrono::seconds{10}, .size = 1U << 16U};

/// Runs `TEST deps ARGUMENTS...` and reads its answer. The script runs in its own directory, first on PATH as
/// /cdrom is in the guest, and sees PATH, HOME and `variables` (KTEST_...=...), nothing else of the caller's
/// environment; what it leaves behind is killed. An error says what is wrong with it and what to do.
inline auto ask_deps(std::filesystem::path const& test, std::vector<std::string> const& arguments,
                     std::vector<std::string> const& variables, deps_of kind = deps_of::test,
                     capture_limits limits = deps_limits) -> result<test_spec> {
    if (auto const good = detail::check_test_file(test); !good) return tl::unexpected{good.error()};
    std::error_code failed;
    auto const script = std::filesystem::absolute(test, failed);
    if (failed) return unavailable("{}: {}", test.string(), failed.message());

    command asked{.arguments = {script.string(), "deps"},
                  .environment = variables,
                  .directory = script.parent_path(),
                  .guarded = true};
    asked.arguments.insert(asked.arguments.end(), arguments.begin(), arguments.end());
    if (auto const* value = std::getenv("HOME")) asked.environment->push_back(fmt::format("HOME={}", value));
    if (auto const* value = std::getenv("PATH"))
        asked.environment->push_back(fmt::format("PATH={}:{}", script.parent_path().string(), value));

    auto const answer = capture(asked, limits);
    if (!answer) return detail::cannot_start(test, answer.error());
    auto const wrong = [&](std::string_view what) {
        return deps_error(test.string(), 0, fmt::format("{}{}", what, detail::last_words(answer->err)));
    };
    if (answer->overflowed)
        return wrong(fmt::format("it printed more than {}", to_string(bytes{limits.size})));
    if (answer->timed_out)
        return wrong(fmt::format("it took more than {} s: a test asked for `deps` answers at once",
                                 std::chrono::duration<double>{limits.time}.count()));
    if (WIFSIGNALED(answer->status))
        return wrong(fmt::format("it was killed by signal {} ({})", WTERMSIG(answer->status),
                                 ::strsignal(WTERMSIG(answer->status))));
    if (answer->status != 0)
        return wrong(fmt::format("it ended with status {}", WEXITSTATUS(answer->status)));
    return parse_deps(answer->out, test.string(), kind);
}

} // namespace ktest
