#include "../report_error.hpp"
#include "../vm_connection.hpp"
#include "commands.hpp"

#include <memory>

namespace ktest::cli {

void add_mon(CLI::App& app, int& status) {
    auto* const command = app.add_subcommand(
        "mon", "Talk to QEMU's monitor of the VM that was started from here (Ctrl-] leaves)");
    auto node = std::make_shared<std::string>();
    command->add_option("node", *node, "of a test of several VMs: which");
    command->callback([node, &status] {
        auto const where = find_paths();
        auto const talked = where.and_then([&](paths const& p) {
            return vm_of_directory(".", p, slot_directories(p), *node).and_then([&](running_vm const& vm) {
                return talk_to(vm_directory(p, vm.slot) / "mon");
            });
        });
        status = talked ? 0 : report(talked.error());
    });
}

} // namespace ktest::cli
