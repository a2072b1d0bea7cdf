#pragma once

#include <ktest/run/guest_run.hpp>
#include <ktest/run/interruption.hpp>
#include <ktest/run/output_copy.hpp>

namespace ktest {

/// What of a guest is shown on stdout.
enum class shown_output { test, console };

/// Runs one VM from its start to its end, with a loop of its own; signals end it. An error: not even QEMU
/// could be started.
inline auto run_guest(launch with, guest_run_options options, run_log& log,
                      shown_output shown = shown_output::test) -> result<guest_outcome> {
    boost::asio::io_context loop{1};
    auto const is_command = options.rules.status_decides;
    auto const say = options.say;
    guest_run* running = nullptr;
    auto const stdout_failed = [&](std::string const& why) {
        // A command is of no use any more; a test's log has everything, and a VM was not started to be
        // watched.
        if (is_command) return running->give_up({fault::unavailable, fmt::format("stdout: {}", why)});
        say(log.directory().empty() ? fmt::format("stdout: {}; the console is not shown any more", why)
                                    : fmt::format("stdout: {}; the test's output goes on in {}", why,
                                                  (log.directory() / "test.log").string()));
    };
    output_copy copy{loop, (shown == shown_output::console ? log.console() : log.test()).get(), STDOUT_FILENO,
                     stdout_failed};
    options.on_event = [&](session_event const&) { copy.grown(); };
    guest_run run{loop, std::move(options), log};
    running = &run;
    auto abandoned = false; // nobody waits for the rest of the output any more
    interruption const signals{loop, [&](std::string why) {
                                   abandoned = run.is_over();
                                   run.interrupt(std::move(why));
                               }};
    if (auto begun = run.begin(std::move(with)); !begun) return tl::unexpected{begun.error()};
    while (!run.is_over() && loop.run_one() > 0) {
    }
    while (!copy.done() && !abandoned && loop.run_one() > 0) {
    }
    return run.outcome();
}

} // namespace ktest
