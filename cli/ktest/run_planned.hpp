#pragma once

#include "ctest_protocol.hpp"
#include "repeat_options.hpp"
#include <ktest/report/progress.hpp>
#include <ktest/report/run_directory.hpp>
#include <ktest/report/run_report.hpp>
#include <ktest/run/bisect.hpp>
#include <ktest/run/guest_source.hpp>
#include <ktest/run/test_plan.hpp>

namespace ktest::cli {

struct run_options {
    test_request request;
    ctest_options ctest;
    repeat_options repeat;
    std::filesystem::path output;    ///< `-o`; empty: `.ktest/out` here
    std::filesystem::path directory; ///< of one run among many; empty: one is made in `output`
    std::filesystem::path json, junit;
    bool interactive = false;
    bool no_hold = false;
    bool cold = false;
    bool warm = false;
    bool audit = false;
    bool dry_run = false;
    report_rules::policy splat{}; ///< for reports that no rule of the test names
    bool verbose = false;
    bool dump = false;
    std::optional<bisect_goal> bisect;
};

/// A run that has ended.
struct finished_run {
    run_report report;
    std::vector<std::string> warnings; ///< of the kernel since the test began, and what is worse
};

/// What a run knows before it has a verdict.
auto begin_report(run_options const& options, test_plan const& plan) -> run_report;

/// Where the run's files go.
auto make_output_directory(run_options const& options, run_report const& report, paths const& where)
    -> result<run_directory>;

/// Writes result.json and junit.xml, into the run's directory and wherever else they are wanted; what cannot
/// be written is told, and gives false.
auto write_results(std::filesystem::path const& directory, run_options const& options,
                   std::string const& json, std::string const& junit, progress& console) -> bool;

/// Runs a test as planned, and leaves its result where it is wanted and its verdict on stderr.
auto run_planned(run_options const& options, test_plan plan, paths const& where, template_use templates,
                 progress& console) -> result<finished_run>;

} // namespace ktest::cli
