#pragma once

#include "bound_to_input.hpp"
#include "bound_to_parent.hpp"
#include <ktest/command_line.hpp>
#include <ktest/report/run_report.hpp>

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace ktest::cli {

/// What CTest and `ktest run` have agreed upon.
struct ctest_options {
    bool bound = false;           ///< end with the process that started us
    bool bound_to_input = false;  ///< end with stdin
    std::string token;            ///< empty: it is not CTest that runs us
    std::filesystem::path record; ///< of a job: where `ktest launch` looks for what came of it; empty: no job
    explicit operator bool() const { return !token.empty(); }
};

/// Of a test that says nothing of it; ktest_add_test() counts on it.
constexpr std::chrono::seconds ctest_timeout{300};
/// How long a case may wait for a slot; CTest's own deadline moves by as much when it hears that one waits.
constexpr std::chrono::seconds ctest_slot_wait{3600};

inline void add_ctest_options(CLI::App& command, ctest_options& options) {
    command.add_flag("--bound", options.bound, "end when the process that started ktest ends");
    command.add_flag("--bound-input", options.bound_to_input, "end when stdin ends");
    command
        .add_option(
            "--ctest", options.token,
            "as a CTest case: --no-hold, 300 s where no timeout is said, numbers for CTest, and TOKEN in "
            "a line of a skipped test, by which CTest knows it from what a guest prints")
        ->type_name("TOKEN");
    command
        .add_option("--record", options.record, "as a job of 'ktest launch', which made DIR for its record")
        ->type_name("DIR");
}

/// On a command line: the token and the record are nobody else's, and by hand one runs it without.
inline auto ctest_option_forms() -> std::vector<option_form> {
    return {{.name = "--bound", .has_value = false},
            {.name = "--bound-input", .has_value = false},
            {.name = "--ctest"},
            {.name = "--record"}};
}

/// What CTest reads beside the exit status, in lines. It keeps 1 KiB of what a passed test printed, unless it
/// is asked for all; a megabyte is enough for anybody's report.
inline auto ctest_lines(run_report const& report, ctest_options const& options, std::size_t output_size)
    -> std::string {
    std::string lines;
    for (auto const& [name, time] :
         {std::pair{"boot_seconds", report.boot}, std::pair{"test_seconds", report.ran}})
        if (time)
            lines += fmt::format(
                "<CTestMeasurement type=\"numeric/double\" name=\"{}\">{:.3f}</CTestMeasurement>\n", name,
                time->count());
    if (std::holds_alternative<skipped>(report.verdict))
        lines += fmt::format("ktest skipped it: {}\n", options.token);
    constexpr std::size_t all_of_it = 1U << 20U;
    if (output_size <= all_of_it) lines += "(CTEST_FULL_OUTPUT)\n";
    return lines;
}

} // namespace ktest::cli
