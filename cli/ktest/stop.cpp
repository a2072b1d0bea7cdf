#include "../report_error.hpp"
#include "commands.hpp"
#include <ktest/slot/stop_vm.hpp>
#include <ktest/slot/vm_link.hpp>

namespace ktest::cli {

void add_stop(CLI::App& app, int& status) {
    auto* const command = app.add_subcommand("stop", "End the VM that was started from here");
    command->callback([&status] {
        auto const where = find_paths();
        auto const stopped = where.and_then([](paths const& p) {
            return vm_of_directory(".", p, slot_directories(p)).and_then([](running_vm const& vm) {
                return stop_vm(vm);
            });
        });
        status = stopped ? 0 : report(stopped.error());
    });
}

} // namespace ktest::cli
