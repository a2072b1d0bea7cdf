#include "../report_error.hpp"
#include "commands.hpp"
#include "guest_command.hpp"

#include <memory>

namespace ktest::cli {

void add_exec(CLI::App& app, int& status, std::vector<std::string> const& trailing) {
    auto asked = std::make_shared<guest_command>();
    auto* const command =
        app.add_subcommand("exec", "Run a command in a VM of its own: ktest exec -- uname -a");
    add_guest_options(*command, asked->guest);
    add_build_options(*command, asked->guest);
    add_node_cache_options(*command, asked->guest.node_cache);
    add_cold_option(*command, asked->cold);
    add_scratch_option(*command, asked->scratch);
    command->callback([asked, &status, &trailing] {
        asked->arguments = trailing;
        auto const done = trailing.empty()
                              ? result<int>{usage_error("exec: no command (ktest exec -- CMD ...)")}
                              : run_in_guest(*asked);
        status = done ? *done : report(done.error());
    });
}

void add_shell(CLI::App& app, int& status) {
    auto asked = std::make_shared<guest_command>();
    auto* const command = app.add_subcommand("shell", "A shell in a VM of its own (Ctrl-] ends the VM)");
    add_guest_options(*command, asked->guest);
    add_build_options(*command, asked->guest);
    add_node_cache_options(*command, asked->guest.node_cache);
    add_cold_option(*command, asked->cold);
    add_scratch_option(*command, asked->scratch);
    command->callback([asked, &status] {
        asked->arguments = {"/bin/bash", "-l"};
        asked->io = wire::streams::terminal;
        auto const done =
            ::isatty(STDIN_FILENO) == 0
                ? result<int>{usage_error("shell: stdin is no terminal (ktest exec -- CMD needs none)")}
                : run_in_guest(*asked);
        status = done ? *done : report(done.error());
    });
}

} // namespace ktest::cli
