#include "../report_error.hpp"
#include "../vm_connection.hpp"
#include "commands.hpp"

#include <memory>

namespace ktest::cli {

void add_ssh(CLI::App& app, int& status, std::vector<std::string> const& trailing) {
    auto node = std::make_shared<std::string>();
    auto* const command = app.add_subcommand("ssh", "Log in to the VM that was started from here");
    command->add_option("node", *node, "of a test of several VMs: which");
    command->footer("What stands behind -- is run there instead of a shell.");
    command->callback([node, &status, &trailing] {
        auto const where = find_paths();
        auto const vm = where.and_then(
            [&](paths const& p) { return vm_of_directory(".", p, slot_directories(p), *node); });
        status = report(vm ? become_ssh(*where, *vm, trailing) : vm.error());
    });
}

} // namespace ktest::cli
