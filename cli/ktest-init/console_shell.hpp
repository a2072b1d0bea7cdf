#pragma once

namespace ktest::init {

/// Gives the console a shell where the kernel's command line says `ktest.shell`: for a machine that was
/// started by hand, with no host that would say what to run. The shell's end powers it off.
void start_console_shell();

} // namespace ktest::init
