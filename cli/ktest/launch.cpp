#include "../report_error.hpp"
#include "bound_to_parent.hpp"
#include "commands.hpp"
#include "launched_case.hpp"

#include <memory>

namespace ktest::cli {

namespace {

auto launch_case(launch_options const& options) -> result<int> {
    if (options.run.empty()) return usage_error("launch: no test (ktest launch ... -- TEST)");
    if (options.ctest_limit > 0)
        if (auto const good = check_limits(limits_for(std::chrono::seconds{options.timeout}),
                                           std::chrono::seconds{options.ctest_limit});
            !good)
            return tl::unexpected{good.error()};
    if (options.bound)
        if (auto bound = bind_to_parent(); !bound) return tl::unexpected{bound.error()};
    if (options.is_slurm())
        if (auto const there = check_slurm(); !there) return tl::unexpected{there.error()};
    auto files =
        make_run_directory(std::filesystem::absolute(".ktest"), {}, "launch",
                           std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    if (!files) return tl::unexpected{files.error()};
    return launched_case{options, std::move(*files)}.run();
}

} // namespace

void add_launch(CLI::App& app, int& status, std::vector<std::string> const& trailing) {
    auto options = std::make_shared<launch_options>();
    auto* const command =
        app.add_subcommand("launch", "Run a test as a job of Slurm, or of another launcher");
    command->add_option("--name", options->name, "of the case")->required();
    command->add_option("--cpus", options->job.cpus, "processors that it needs")->check(CLI::PositiveNumber);
    command->add_option("--mem-mib", options->job.memory_mib, "memory that it needs");
    command->add_option("--disk-mib", options->job.disk_mib, "disk that it needs");
    command->add_option("-t,--timeout", options->timeout, "seconds for the test itself")
        ->check(CLI::PositiveNumber)
        ->required();
    command->add_option("--ctest-limit", options->ctest_limit, "seconds that CTest gives it once it runs");
    command->add_option("--launcher", options->start, "slurm; or the words of a command line, each by itself")
        ->required()
        ->allow_extra_args(false)
        ->type_name("WORD");
    command->add_option("--cancel", options->cancel, "the words of a command line that cancels its job")
        ->allow_extra_args(false)
        ->type_name("WORD");
    command->add_option("--argument", options->arguments, "for srun: partition, account, ...")
        ->allow_extra_args(false)
        ->type_name("WORD");
    command->add_flag("--bound", options->bound, "end when the process that started ktest ends");
    command->footer("What stands behind -- is given to 'ktest run'.");
    command->callback([options, &status, &trailing] {
        options->run = trailing;
        auto const done = launch_case(*options);
        status = done ? *done : report(done.error());
    });
}

} // namespace ktest::cli
