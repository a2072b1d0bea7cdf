#pragma once

#include "run_files.hpp"
#include <ktest/run/guest_source.hpp>

namespace ktest::cli {

/// A run that has ended.
struct finished_run {
    run_report report;
    std::vector<std::string> warnings; ///< of the kernel since the test began, and what is worse
};

/// Runs a test as planned, and leaves its result where it is wanted and its verdict on stderr.
auto run_planned(run_options const& options, test_plan plan, paths const& where, template_use templates,
                 progress& console) -> result<finished_run>;

} // namespace ktest::cli
