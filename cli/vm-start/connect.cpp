#include "../report_error.hpp"
#include "../vm_connection.hpp"
#include "commands.hpp"

#include <memory>

namespace ktest::cli {

namespace {

/// The caller's paths, and the slot if a VM runs there.
struct place_of_vm {
    paths where;
    slot_number slot;
};

auto find_vm(std::string const& id) -> result<place_of_vm> {
    auto const where = find_paths();
    auto const number = parse_slot_number(id);
    if (!where || !number) return tl::unexpected{where ? number.error() : where.error()};
    for (auto const& vm : running_vms(*where, slot_directories(*where)))
        if (vm.slot == *number) return place_of_vm{*where, *number};
    return usage_error("no VM in slot {} (vm-start list shows all)", number->value());
}

/// Has QEMU open its gdb stub beside the monitor, then becomes gdb; returns only with an error.
auto become_gdb(place_of_vm const& vm, std::string const& symbols) -> error {
    auto const directory = vm_directory(vm.where, vm.slot);
    auto const stub = (directory / "gdb").string();
    auto const asked =
        ask_monitor(directory / "mon", fmt::format("gdbserver unix:{},server=on,wait=off", stub));
    if (!asked) return asked.error();
    std::vector<std::string> arguments{"gdb", "-ex", "target remote " + stub};
    if (!symbols.empty()) arguments.push_back(symbols);
    auto const pointers = detail::pointers(arguments);
    ::execvp("gdb", pointers.data());
    return system_failure(errno, "gdb (apt-get install gdb)").value();
}

} // namespace

void add_ssh(CLI::App& app, int& status) {
    auto id = std::make_shared<std::string>();
    auto* const command = app.add_subcommand("ssh", "Log in to a VM, or run a command there");
    command->add_option("id", *id, "the VM's number")->required();
    command->prefix_command()->footer("What stands behind the number is run there instead of a shell.");
    command->callback([id, command, &status] {
        auto const vm = find_vm(*id);
        status = report(vm ? become_ssh(vm->where, vm->slot, command->remaining()) : vm.error());
    });
}

void add_mon(CLI::App& app, int& status) {
    auto id = std::make_shared<std::string>();
    auto* const command = app.add_subcommand("mon", "Talk to QEMU's monitor of a VM (Ctrl-] leaves)");
    command->add_option("id", *id, "the VM's number")->required();
    command->callback([id, &status] {
        auto const talked = find_vm(*id).and_then(
            [](place_of_vm const& vm) { return talk_to(vm_directory(vm.where, vm.slot) / "mon"); });
        status = talked ? 0 : report(talked.error());
    });
}

void add_gdb(CLI::App& app, int& status) {
    auto id = std::make_shared<std::string>();
    auto symbols = std::make_shared<std::string>();
    auto* const command = app.add_subcommand("gdb", "Debug a VM's kernel through QEMU's gdb stub");
    command->add_option("id", *id, "the VM's number")->required();
    command->add_option("vmlinux", *symbols, "the kernel's symbols");
    command->callback([id, symbols, &status] {
        auto const vm = find_vm(*id);
        status = report(vm ? become_gdb(*vm, *symbols) : vm.error());
    });
}

} // namespace ktest::cli
