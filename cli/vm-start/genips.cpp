#include "../report_error.hpp"
#include "commands.hpp"
#include <ktest/slot/machine_pool.hpp>

namespace ktest::cli {

namespace {

auto generate() -> result<void> {
    std::filesystem::path const directory = "/etc/vms";
    if (::geteuid() != 0)
        return usage_error(
            "genips makes the machine's slots in {} and needs root for it; without them every user "
            "has slots of their own",
            directory.string());
    return make_machine_pool(directory).map([&] {
        fmt::print("{0}: {1} slots; their addresses for dhcpd are in {0}/Vm.dhcp\n", directory.string(),
                   slot_number::count);
    });
}

} // namespace

void add_genips(CLI::App& app, int& status) {
    auto* const command =
        app.add_subcommand("genips", "Make the slots that all users of this machine share (as root)");
    command->callback([&status] {
        auto const made = generate();
        status = made ? 0 : report(made.error());
    });
}

} // namespace ktest::cli
