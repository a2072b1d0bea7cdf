#pragma once

#include "run_planned.hpp"

namespace ktest::cli {

/// Runs a test in a guest that boots, then in one from a template, and says on stderr what differed. What
/// differs fails.
auto audit(run_options options, test_plan plan, paths const& where, progress& console) -> result<verdict>;

} // namespace ktest::cli
