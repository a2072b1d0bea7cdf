#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace ktest::init {

/// A program to start, in a session of its own, with the descriptors 0, 1 and 2 alone; -1 is /dev/null.
struct program {
    std::vector<std::string> arguments; ///< the program first, looked up on the environment's PATH
    std::vector<std::string> environment;
    std::string directory = "/";
    int input = -1;
    int output = -1;
    int error = -1;
    bool terminal = false; ///< `input` is to be its controlling terminal
};

/// The environment that everything in the guest starts from.
auto base_environment() -> std::vector<std::string>;

/// Starts it; -1: errno tells. An exec that fails is told on its stderr and ends it with 127 (not found) or
/// 126, as a shell does.
auto start(program const& what) -> pid_t;

} // namespace ktest::init
