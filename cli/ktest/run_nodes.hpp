#pragma once

#include "run_planned.hpp"

namespace ktest::cli {

/// Runs a test on all of its nodes, and leaves its results as for a single VM: each node's in a directory of
/// its own, what they say together above them.
auto run_nodes(run_options const& options, test_plan plan, paths const& where, template_use templates,
               progress& console) -> result<finished_run>;

} // namespace ktest::cli
