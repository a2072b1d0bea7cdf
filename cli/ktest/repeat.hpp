#pragma once

#include "run_planned.hpp"

namespace ktest::cli {

/// Runs a test time and again, several at once where that is wanted, each in a copy of this process. What a
/// run says is told on stderr unless it passed, and in the end what all of them say; on stdout, what the test
/// said in the run that decided.
auto repeat(run_options const& options, test_plan plan, paths const& where, progress& console)
    -> result<verdict>;

} // namespace ktest::cli
