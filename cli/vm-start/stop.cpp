#include "../report_error.hpp"
#include "commands.hpp"
#include <ktest/slot/stop_vm.hpp>

#include <memory>

namespace ktest::cli {

namespace {

/// Returns when the VM is really gone. A slot without a VM is a usage error: nothing was there to stop.
auto stop(std::string const& id) -> result<void> {
    auto const number = parse_slot_number(id);
    if (!number) return tl::unexpected{number.error()};
    auto const where = find_paths();
    if (!where) return tl::unexpected{where.error()};
    auto found = false;
    for (auto const& vm : running_vms(*where, slot_directories(*where))) {
        if (vm.slot != *number) continue;
        if (auto stopped = stop_vm(vm); !stopped) return stopped;
        found = true;
    }
    if (!found) return usage_error("no VM in slot {} (vm-start list shows all)", number->value());
    return {};
}

} // namespace

void add_stop(CLI::App& app, int& status) {
    auto* const command = app.add_subcommand("stop", "End a VM and wait until it is gone");
    auto const id = std::make_shared<std::string>();
    command->add_option("id", *id, "the VM's slot")->required();
    command->callback([id, &status] {
        auto const stopped = stop(*id);
        status = stopped ? 0 : report(stopped.error());
    });
}

} // namespace ktest::cli
