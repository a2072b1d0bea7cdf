#include "../report_error.hpp"
#include "bound_to_parent.hpp"
#include "commands.hpp"
#include "launched_case.hpp"
#include <ktest/program.hpp>

#include <memory>

namespace ktest::cli {

namespace {

/// The programs of the launcher are there, and the host that CTest gave the case.
auto check_launcher(launch_options& options, std::vector<std::string> const& hosts) -> result<void> {
    if (!options.is_slurm() && !options.is_ssh()) return {};
    auto const there =
        options.is_slurm() ? find_program("srun", "slurm-client") : find_program("ssh", "openssh-client");
    if (!there) return tl::unexpected{there.error()};
    if (options.is_slurm()) return {};
    return parse_ssh_hosts(hosts).and_then([&](std::vector<ssh_host> list) {
        options.hosts = std::move(list);
        return dealt_host(options.hosts, std::getenv("CTEST_RESOURCE_GROUP_0_KTEST_HOST"))
            .map([&](ssh_host host) { options.host = std::move(host); });
    });
}

auto launch_case(launch_options options, std::vector<std::string> const& hosts) -> result<int> {
    if (options.run.empty()) return usage_error("launch: no test (ktest launch ... -- TEST)");
    if (options.ctest_limit > 0)
        if (auto const good = check_limits(limits_for(std::chrono::seconds{options.timeout}),
                                           std::chrono::seconds{options.ctest_limit});
            !good)
            return tl::unexpected{good.error()};
    if (options.bound)
        if (auto bound = bind_to_parent(); !bound) return tl::unexpected{bound.error()};
    if (auto const good = check_launcher(options, hosts); !good) return tl::unexpected{good.error()};
    auto files =
        make_run_directory(std::filesystem::absolute(".ktest"), {}, "launch",
                           std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    if (!files) return tl::unexpected{files.error()};
    return launched_case{std::move(options), std::move(*files)}.run();
}

} // namespace

void add_launch(CLI::App& app, int& status, std::vector<std::string> const& trailing) {
    auto options = std::make_shared<launch_options>();
    auto hosts = std::make_shared<std::vector<std::string>>();
    auto* const command =
        app.add_subcommand("launch", "Run a test on another machine, by Slurm, ssh or another launcher");
    command->add_option("--name", options->name, "of the case")->required();
    command->add_option("--cpus", options->job.cpus, "processors that it needs")->check(CLI::PositiveNumber);
    command->add_option("--mem-mib", options->job.memory_mib, "memory that it needs");
    command->add_option("--disk-mib", options->job.disk_mib, "disk that it needs");
    command->add_option("-t,--timeout", options->timeout, "seconds for the test itself")
        ->check(CLI::PositiveNumber)
        ->required();
    command->add_option("--ctest-limit", options->ctest_limit, "seconds that CTest gives it once it runs");
    command
        ->add_option("--launcher", options->start,
                     "slurm, ssh; or the words of a command line, each by itself")
        ->required()
        ->allow_extra_args(false)
        ->type_name("WORD");
    command->add_option("--cancel", options->cancel, "the words of a command line that cancels its job")
        ->allow_extra_args(false)
        ->type_name("WORD");
    command->add_option("--argument", options->arguments, "for srun or ssh: partition, account, ...")
        ->allow_extra_args(false)
        ->type_name("WORD");
    command->add_option("--host", *hosts, "for ssh: one of its hosts, with its processors")
        ->allow_extra_args(false)
        ->type_name("HOST:SLOTS");
    command->add_flag("--bound", options->bound, "end when the process that started ktest ends");
    command->footer("What stands behind -- is given to 'ktest run'.");
    command->callback([options, hosts, &status, &trailing] {
        options->run = trailing;
        auto const done = launch_case(*options, *hosts);
        status = done ? *done : report(done.error());
    });
}

} // namespace ktest::cli
