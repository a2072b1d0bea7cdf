#include "../guest_options.hpp"
#include "../report_error.hpp"
#include "build_progress.hpp"
#include "commands.hpp"

#include <memory>

namespace ktest::cli {

namespace {

/// Configures the tree that the wishes mean as a run would, then becomes make with `target`, on the terminal;
/// returns only with an error.
auto become_make(guest_wishes const& wishes, std::string const& target) -> error {
    auto const tree = find_wished_tree(*wishes.build);
    if (!tree) return tree.error();
    if (!*tree)
        return usage_error(
                   "not in a Linux source tree, nor in a directory that one was built in: name one with -C")
            .value();
    progress console{STDERR_FILENO};
    auto const make = kernel_make(**tree, {target});
    auto const configured = configure_only(**tree, *wishes.build, wishes.config, watch_build(console));
    if (!configured) return configured.error();
    console.clear();
    auto const arguments = detail::pointers(make.arguments);
    auto const environment = detail::pointers(*make.environment);
    ::execvpe("make", arguments.data(), environment.data());
    return system_failure(errno, "make").value();
}

void add(CLI::App& app, int& status, std::string const& name, std::string const& target,
         std::string const& text) {
    auto wishes = std::make_shared<guest_wishes>();
    auto* const command = app.add_subcommand(name, text);
    add_build_options(*command, *wishes);
    command->callback([wishes, target, &status] { status = report(become_make(*wishes, target)); });
}

} // namespace

void add_config(CLI::App& app, int& status) {
    add(app, status, "config", "nconfig", "Change the configuration of the kernel that one stands in");
    add(app, status, "oldconfig", "oldconfig", "Answer what is new in the configuration of the kernel");
}

} // namespace ktest::cli
