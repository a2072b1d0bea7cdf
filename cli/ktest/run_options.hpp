#pragma once

#include "ctest_protocol.hpp"
#include "repeat_options.hpp"
#include <ktest/run/bisect.hpp>
#include <ktest/run/guest_run_options.hpp>
#include <ktest/run/kernel_reports.hpp>
#include <ktest/run/test_plan.hpp>

namespace ktest::cli {

/// What `ktest run` was asked for.
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
    bool pcap = false; ///< keep what passed the networks of a test that passed, too
    std::optional<bisect_goal> bisect;
};

/// Without a timeout, and with somebody there to look, a guest stays whose test failed.
inline auto hold_rules_of(run_options const& options, test_plan const& plan) -> hold_rules {
    return {.when_failed = !plan.budgets.test && !options.no_hold && !options.bisect && !options.ctest,
            .always = options.interactive};
}

} // namespace ktest::cli
