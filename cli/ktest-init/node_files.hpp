#pragma once

#include "node_command.hpp"

namespace ktest::init {

/// ktest-put FILE [NAME]
auto put_file(node_call& call) -> node_command_end;

/// ktest-get NODE:NAME [FILE]; a file that was fetched in part does not get that name.
auto get_file(node_call& call) -> node_command_end;

} // namespace ktest::init
