#pragma once

#include "ctest_protocol.hpp"
#include <ktest/report/progress.hpp>
#include <ktest/report/run_report.hpp>
#include <ktest/run/bisect.hpp>
#include <ktest/run/guest_source.hpp>
#include <ktest/run/test_plan.hpp>

namespace ktest::cli {

struct run_options {
    test_request request;
    ctest_options ctest;
    std::filesystem::path output; ///< `-o`; empty: `.ktest/out` here
    std::filesystem::path json, junit;
    bool interactive = false;
    bool no_hold = false;
    bool cold = false;
    bool warm = false;
    bool audit = false;
    bool dry_run = false;
    report_rules::policy splat{}; ///< for reports that no rule of the test names
    bool verbose = false;
    std::optional<bisect_goal> bisect;
};

/// A run that has ended.
struct finished_run {
    run_report report;
    std::vector<std::string> warnings; ///< of the kernel since the test began, and what is worse
};

/// Runs a test as planned, and leaves its result where it is wanted and its verdict on stderr.
auto run_planned(run_options const& options, test_plan plan, paths const& where, template_use templates,
                 progress& console) -> result<finished_run>;

} // namespace ktest::cli
