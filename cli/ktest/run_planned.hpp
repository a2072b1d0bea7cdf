#pragma once

#include "ctest_protocol.hpp"
#include <ktest/report/progress.hpp>
#include <ktest/run/bisect.hpp>
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
    bool dry_run = false;
    bool verbose = false;
    std::optional<bisect_goal> bisect;
};

/// Runs a test as planned, and leaves its result where it is wanted and its verdict on stderr.
auto run_planned(run_options const& options, test_plan plan, paths const& where, progress& console)
    -> result<verdict>;

} // namespace ktest::cli
