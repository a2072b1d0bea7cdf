#pragma once

#include "problem.hpp"

namespace ktest::init {

/// Where they are; a directory of base_environment()'s PATH.
constexpr auto node_programs_directory = "/run/ktest/bin";

/// Makes the commands of node_command.hpp programs that any user can run.
auto make_node_programs() -> problem;

} // namespace ktest::init
