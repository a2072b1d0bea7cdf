#pragma once

#include "../guest_options.hpp"
#include "../vm_presence.hpp"
#include "build_progress.hpp"
#include <ktest/report/progress.hpp>
#include <ktest/run/guest_source.hpp>
#include <ktest/run/nonce.hpp>
#include <ktest/run/run_guest.hpp>
#include <ktest/run/run_in_slot.hpp>
#include <ktest/run/ssh_key.hpp>
#include <ktest/run/test_environment.hpp>

namespace ktest::cli {

/// What `ktest exec` and `ktest shell` are asked for.
struct guest_command {
    guest_wishes guest;
    bool cold = false;
    std::vector<bytes> scratch;
    std::vector<std::string> arguments;
    wire::streams io = wire::streams::command;
};

/// Runs a command in a VM of its own. Gives the command's exit status (128 and the signal's number where one
/// killed it), or the verdict's if the VM did not get that far.
inline auto run_in_guest(guest_command const& asked) -> result<int> {
    auto const where = find_paths();
    if (!where) return tl::unexpected{where.error()};
    progress console{STDERR_FILENO};
    auto machine = choose_machine(asked.guest, *where, watch_build(console));
    if (!machine) return tl::unexpected{machine.error()};
    if (!machine->unmet.empty())
        return unavailable("kernel {} lacks {}", machine->request.kernel.release, to_string(machine->unmet));
    for (auto const& note : machine->notes) console.line("ktest: " + note);
    auto& request = machine->request;
    request.name = asked.io == wire::streams::terminal ? "shell" : asked.arguments.front();
    request.scratch = asked.scratch;
    auto const say = [&](std::string_view text) { console.line(fmt::format("ktest: {}", text)); };
    auto const copies = stage_where_wished(asked.guest.node_cache, request, say);
    guest_source source{request, *where, asked.cold ? template_use::none : template_use::when_known, false,
                        say};
    auto const prepare = [&] {
        return prepare_guest(request, {}, *where, where->scratch(),
                             {.budget = asked.guest.slot_wait, .begun = say},
                             [&](descriptor& payload) { return source.begin(payload); });
    };
    auto const run_once = [&](prepared_guest& guest) -> result<guest_outcome> {
        auto log = run_log::unnamed(where->scratch());
        if (!log) return tl::unexpected{log.error()};
        vm_presence const presence{*where, guest.place, request};

        auto const size = terminal_size();
        auto const nonce = make_nonce();
        guest_run_options options{
            .start = {.nonce = nonce,
                      .authorized_key = guest_ssh_key(*where).value_or(""),
                      .host_key = guest_host_key(*where).value_or(""),
                      .hostname = "ktest",
                      .io = static_cast<std::uint8_t>(asked.io),
                      .rows = size.rows,
                      .columns = size.columns,
                      .scratch = counts(asked.scratch),
                      .arguments = asked.arguments,
                      .environment = test_environment()},
            .budgets = timeouts_for(request.acceleration, {}),
            .acceleration = request.acceleration,
            .rules = {.status_decides = true},
            .wake = source.wake(guest.place, nonce, std::random_device{}()),
            .saving = source.saving(),
            .say = say,
            .is_debugged = [&] { return presence.is_debugged(); },
            .on_guest =
                [&](wire::from_guest const& said) {
                    machine->build_lock.close();
                    presence.heed(said);
                    if (auto const* output = std::get_if<wire::command_output>(&said))
                        (void)write_all(output->stream == 2 ? STDERR_FILENO : STDOUT_FILENO, output->data);
                },
            .on_kernel_record = [&](auto const& record) { console.line(printable(to_string(record))); }};
        return run_guest(std::move(guest.start), std::move(options), *log).map([&](guest_outcome outcome) {
            source.ended(outcome);
            return outcome;
        });
    };
    auto const outcome = prepare().and_then(
        [&](prepared_guest ready) { return run_in_slot(std::move(ready), prepare, run_once, say); });
    if (!outcome) return tl::unexpected{outcome.error()};
    if (!std::holds_alternative<passed>(outcome->said) || !outcome->wait_status) {
        console.line(fmt::format("ktest: {} {}", name(outcome->said), reason(outcome->said)));
        return exit_status(outcome->said);
    }
    auto const status = *outcome->wait_status;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace ktest::cli
