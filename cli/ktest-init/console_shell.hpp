#pragma once

#include <ktest/descriptor.hpp>

namespace ktest::init {

/// The terminal behind the console. While it is open a serial one hears, and so answers SysRq after a break.
auto open_console() -> descriptor;

/// Gives the console a shell where the kernel's command line says `ktest.shell`: for a machine that was
/// started by hand, with no host that would say what to run. The shell's end powers it off.
void start_console_shell(descriptor const& terminal);

} // namespace ktest::init
