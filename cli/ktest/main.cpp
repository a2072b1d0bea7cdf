#include "../run_tool.hpp"
#include "commands.hpp"
#include <ktest/spec/nearest.hpp>

#include <algorithm>

namespace {

/// CLI11 only says that a command is missing, where it is misspelt.
auto check_command(CLI::App const& app, std::vector<std::string> const& words) -> ktest::result<void> {
    if (words.empty() || words.front().empty() || words.front().front() == '-') return {};
    std::vector<std::string> names;
    for (auto const* command : app.get_subcommands([](CLI::App const*) { return true; }))
        names.push_back(command->get_name());
    if (std::find(names.begin(), names.end(), words.front()) != names.end()) return {};
    auto const meant = ktest::nearest(words.front(), names);
    return ktest::usage_error("'{}' is not a command{}", words.front(),
                              meant ? fmt::format(": did you mean '{}'?", *meant)
                                    : " (ktest --help lists them)");
}

} // namespace

auto main(int argc, char** argv) -> int {
    return ktest::cli::run_tool([&] {
        CLI::App app{"Runs kernel tests in virtual machines", "ktest"};
        app.require_subcommand(1);
        app.set_version_flag("--version", KTEST_VERSION);
        auto status = 0;
        std::vector<std::string> words(argv + 1, argv + argc);
        auto const dashes = std::find(words.begin(), words.end(), "--");
        std::vector<std::string> const trailing(dashes == words.end() ? dashes : dashes + 1, words.end());
        words.erase(dashes, words.end());
        // The word behind it is the test.
        std::replace(words.begin(), words.end(), std::string{"--bisect"}, std::string{"--bisect=any"});
        auto const bisects = std::any_of(words.begin(), words.end(), [](std::string const& word) {
            return word.starts_with("--bisect=");
        });
        using namespace ktest::cli;
        for (auto const add : {add_run, add_launch, add_exec, add_ssh, add_gdb}) add(app, status, trailing);
        for (auto const add : {add_shell, add_list, add_mon, add_stop, add_kernel, add_config, add_image,
                               add_template, add_splat, add_doctor})
            add(app, status);
        if (auto const good = check_command(app, words); !good) return report(good.error());
        try {
            std::reverse(words.begin(), words.end()); // as CLI11 wants them
            app.parse(words);
        } catch (CLI::ParseError const& error) {
            constexpr auto usage = 2;
            constexpr auto stop_bisecting = 255; // 2 would be a bad commit
            return app.exit(error) == 0 ? 0 : bisects ? stop_bisecting : usage;
        }
        return status;
    });
}
