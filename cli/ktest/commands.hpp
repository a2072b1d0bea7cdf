#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace ktest::cli {

// One function a subcommand of `ktest`, each in a file of its own. It adds the subcommand to `app`; when that
// was chosen, its callback does the work and leaves ktest's exit status in `status`. `trailing` is what
// stands behind `--` on the command line.

void add_run(CLI::App& app, int& status, std::vector<std::string> const& trailing);
void add_exec(CLI::App& app, int& status, std::vector<std::string> const& trailing);
void add_launch(CLI::App& app, int& status, std::vector<std::string> const& trailing);
void add_ssh(CLI::App& app, int& status, std::vector<std::string> const& trailing);
void add_gdb(CLI::App& app, int& status, std::vector<std::string> const& trailing);
void add_shell(CLI::App& app, int& status);
void add_list(CLI::App& app, int& status);
void add_mon(CLI::App& app, int& status);
void add_stop(CLI::App& app, int& status);
void add_kernel(CLI::App& app, int& status);
void add_config(CLI::App& app, int& status);
void add_image(CLI::App& app, int& status);
void add_template(CLI::App& app, int& status);
void add_splat(CLI::App& app, int& status);
void add_doctor(CLI::App& app, int& status);

} // namespace ktest::cli
