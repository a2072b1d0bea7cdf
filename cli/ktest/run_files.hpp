#pragma once

#include "run_options.hpp"
#include <ktest/report/progress.hpp>
#include <ktest/report/run_directory.hpp>
#include <ktest/report/run_report.hpp>

namespace ktest::cli {

/// What a run knows before it has a verdict.
auto begin_report(run_options const& options, test_plan const& plan) -> run_report;

/// Where the run's files go.
auto make_output_directory(run_options const& options, run_report const& report, paths const& where)
    -> result<run_directory>;

/// The directory of one run, told where it is not the usual place.
auto run_directory_for(run_options const& options, run_report const& report, paths const& where,
                       progress& console) -> result<run_directory>;

/// Writes result.json and junit.xml, into the run's directory and wherever else they are wanted; what cannot
/// be written is told, and gives false.
auto write_results(std::filesystem::path const& directory, run_options const& options,
                   std::string const& json, std::string const& junit, progress& console) -> bool;

/// Leaves a run's result, of which `output` is the test's, in its files, and the verdict on stderr. What
/// cannot be kept is no pass.
void conclude(run_report& report, run_options const& options, std::string const& output, progress& console);

} // namespace ktest::cli
