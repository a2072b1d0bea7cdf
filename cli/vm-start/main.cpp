#include "../run_tool.hpp"
#include "commands.hpp"

auto main(int argc, char** argv) -> int {
    return ktest::cli::run_tool([&] {
        CLI::App app{"Starts, lists and stops VMs with scratch disks and a network slot", "vm-start"};
        app.require_subcommand(1);
        app.set_version_flag("--version", KTEST_VERSION);
        auto status = 0;
        using namespace ktest::cli;
        for (auto const add : {add_start, add_stop, add_list, add_genips, add_ssh, add_gdb, add_mon})
            add(app, status);
        try {
            app.parse(argc, argv);
        } catch (CLI::ParseError const& error) {
            constexpr auto usage = 2;
            return app.exit(error) == 0 ? 0 : usage;
        }
        return status;
    });
}
