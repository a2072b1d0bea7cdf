#include "../debugger.hpp"
#include "../report_error.hpp"
#include "../vm_connection.hpp"
#include "commands.hpp"

#include <memory>

namespace ktest::cli {

namespace {

/// The caller's paths, and a VM.
struct place_of_vm {
    paths where;
    running_vm vm;
};

auto find_vm(std::string const& id) -> result<place_of_vm> {
    auto const where = find_paths();
    auto const number = parse_slot_number(id);
    if (!where || !number) return tl::unexpected{where ? number.error() : where.error()};
    for (auto& vm : running_vms(*where, slot_directories(*where)))
        if (vm.slot == *number) return place_of_vm{*where, std::move(vm)};
    return usage_error("no VM in slot {} (vm-start list shows all)", number->value());
}

} // namespace

void add_ssh(CLI::App& app, int& status) {
    auto id = std::make_shared<std::string>();
    auto* const command = app.add_subcommand("ssh", "Log in to a VM, or run a command there");
    command->add_option("id", *id, "the VM's number")->required();
    command->prefix_command()->footer("What stands behind the number is run there instead of a shell.");
    command->callback([id, command, &status] {
        auto const vm = find_vm(*id);
        status = report(vm ? become_ssh(vm->where, vm->vm, command->remaining()) : vm.error());
    });
}

void add_mon(CLI::App& app, int& status) {
    auto id = std::make_shared<std::string>();
    auto* const command = app.add_subcommand("mon", "Talk to QEMU's monitor of a VM (Ctrl-] leaves)");
    command->add_option("id", *id, "the VM's number")->required();
    command->callback([id, &status] {
        auto const talked = find_vm(*id).and_then(
            [](place_of_vm const& vm) { return talk_to(vm_directory(vm.where, vm.vm.slot) / "mon"); });
        status = talked ? 0 : report(talked.error());
    });
}

void add_gdb(CLI::App& app, int& status) {
    auto id = std::make_shared<std::string>();
    auto symbols = std::make_shared<std::string>();
    auto use_stub = std::make_shared<bool>(false);
    auto* const command = app.add_subcommand("gdb", "Debug a VM's kernel");
    command->add_option("id", *id, "the VM's number")->required();
    command->add_option("vmlinux", *symbols, "the kernel's symbols (default: those of its build)");
    command->add_flag("--qemu", *use_stub, "by QEMU's stub instead of kgdb");
    command->callback([id, symbols, use_stub, &status] {
        auto vm = find_vm(*id);
        if (vm && !symbols->empty()) {
            if (!vm->vm.record) vm->vm.record.emplace(vm_record{.slot = vm->vm.slot});
            vm->vm.record->symbols = std::filesystem::absolute(*symbols);
        }
        status = report(vm ? become_gdb(vm->where, vm->vm, *use_stub, {}) : vm.error());
    });
}

} // namespace ktest::cli
