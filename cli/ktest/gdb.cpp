#include "../debugger.hpp"
#include "../report_error.hpp"
#include "commands.hpp"

#include <memory>

namespace ktest::cli {

void add_gdb(CLI::App& app, int& status, std::vector<std::string> const& trailing) {
    auto use_stub = std::make_shared<bool>(false);
    auto node = std::make_shared<std::string>();
    auto* const command = app.add_subcommand("gdb", "Debug the kernel of the VM that was started from here");
    command->add_option("node", *node, "of a test of several VMs: which");
    command->add_flag(
        "--qemu", *use_stub,
        "by QEMU's stub instead of kgdb: for kernels without it, and for guests that are stuck");
    command->footer(
        "The guest stands still meanwhile, and its test's clock too; it goes on when gdb leaves it.\n"
        "What stands behind -- is given to gdb: ktest gdb -- -batch -ex bt");
    command->callback([use_stub, node, &status, &trailing] {
        auto const where = find_paths();
        auto const vm = where.and_then(
            [&](paths const& p) { return vm_of_directory(".", p, slot_directories(p), *node); });
        status = report(vm ? become_gdb(*where, *vm, *use_stub, trailing) : vm.error());
    });
}

} // namespace ktest::cli
