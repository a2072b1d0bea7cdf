#pragma once

#include <CLI/CLI.hpp>

namespace ktest::cli {

/// Adds `build` to the subcommands of `ktest kernel`.
void add_kernel_build(CLI::App& kernel, int& status);

} // namespace ktest::cli
