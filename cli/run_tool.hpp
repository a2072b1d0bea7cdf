#pragma once

#include "report_error.hpp"
#include <ktest/descriptor_limit.hpp>
#include <ktest/ignored_signal.hpp>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <new>
#include <system_error>

namespace ktest::cli {

/// A standard stream that was closed becomes one that gives nothing and takes nothing: else the first file
/// that is opened would get its number, and what is meant for the terminal.
inline void reserve_standard_streams() {
    for (auto const number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(number, F_GETFD) < 0) (void)::open("/dev/null", O_RDONLY);
}

/// What every main() does around its own part, which gives the exit status: output that was lost is an error.
template<class Body>
auto run_tool(Body body) -> int {
    reserve_standard_streams();
    // Before a VM runs there is nothing to tidy up: children die with their parent, files have no names yet.
    for (auto const number : {SIGINT, SIGTERM, SIGHUP})
        if (number != SIGHUP || !is_ignored(number)) ::signal(number, [](int) { ::_exit(130); });
    ::signal(SIGPIPE, SIG_IGN); // a closed stdout is an error like any other, told where it is met
    auto const lost = [](int number) {
        return report(error{fault::unavailable, fmt::format("stdout: {}", std::strerror(number))});
    };
    if (auto const enough = raise_descriptor_limit(); !enough) return report(enough.error());
    try {
        auto const status = body();
        return std::fflush(stdout) != 0 && status == 0 ? lost(errno) : status;
    } catch (std::filesystem::filesystem_error const& failure) {
        return report(error{fault::unavailable, failure.what()});
    } catch (std::system_error const& failure) { // fmt::print throws it
        return lost(failure.code().value());
    } catch (std::bad_alloc const&) {
        return report(error{fault::unavailable, std::strerror(ENOMEM)});
    } catch (std::exception const& failure) { // the event loop throws what the system refuses it
        return report(error{fault::unavailable, failure.what()});
    }
}

} // namespace ktest::cli
