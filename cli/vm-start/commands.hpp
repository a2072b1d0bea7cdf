#pragma once

#include <CLI/CLI.hpp>

namespace ktest::cli {

// One function a subcommand of `vm-start`, each in a file of its own. It adds the subcommand to `app`; when
// that was chosen, its callback does the work and leaves vm-start's exit status in `status`.

void add_start(CLI::App& app, int& status);
void add_stop(CLI::App& app, int& status);
void add_list(CLI::App& app, int& status);
void add_genips(CLI::App& app, int& status);
void add_ssh(CLI::App& app, int& status);
void add_gdb(CLI::App& app, int& status);
void add_mon(CLI::App& app, int& status);

} // namespace ktest::cli
