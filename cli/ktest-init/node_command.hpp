#pragma once

// The commands by which a test speaks to the host about its other nodes. They are init's own program under
// other names, so that they run in any root image.

#include "host_connection.hpp"
#include "host_socket.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ktest::init {

/// One command as it was called, its arguments in the right number.
struct node_call {
    std::vector<std::string> words;
    std::optional<std::chrono::milliseconds> patience; ///< -t
    host_connection host;
};

/// What comes of it: the exit status, and a text for stdout or, if it failed, stderr.
struct node_command_end {
    int status = 0;
    std::string text;
};

/// Names of the commands: `ktest-barrier`, ...
auto node_command_names() -> std::vector<std::string>;

/// Runs the command whose name is the last part of `arguments[0]` and gives its exit status: 1 where the host
/// refuses or what was waited for does not come, 2 for a wrong call. None: there is no such command.
auto run_node_command(std::vector<std::string> arguments, std::string_view socket = host_socket)
    -> std::optional<int>;

} // namespace ktest::init
