#pragma once

#include <ktest/command_line.hpp>

#include <CLI/CLI.hpp>

#include <cstddef>
#include <vector>

namespace ktest::cli {

/// Whether, how often and how a test is run time and again.
struct repeat_options {
    std::size_t runs = 0; ///< 0: not said
    bool until_fail = false;
    unsigned parallel = 0; ///< runs at a time; 0: not said
    explicit operator bool() const { return runs > 0 || until_fail; }
};

inline void add_repeat_options(CLI::App& command, repeat_options& options) {
    command.add_option("--repeat", options.runs, "run the test so many times, and sum up")
        ->type_name("N")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000'000}));
    command.add_flag("--until-fail", options.until_fail,
                     "run it until a run does not pass (at most as often as --repeat says)");
    command.add_option("-P,--parallel", options.parallel, "runs at a time (default: 1)")
        ->type_name("JOBS")
        ->check(CLI::Range(1U, 1000U));
}

/// On a command line: one run among many is run again without them, with a seed of its own.
inline auto repeat_option_forms() -> std::vector<option_form> {
    return {{.name = "--repeat"},
            {.name = "--until-fail", .has_value = false},
            {.name = "--parallel", .letter = 'P'},
            {.name = "--seed"}};
}

} // namespace ktest::cli
