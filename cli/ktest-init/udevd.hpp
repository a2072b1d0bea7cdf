#pragma once

#include <sys/types.h>

namespace ktest::init {

/// Starts udevd, which goes into the background by itself when it listens; the process that ends then. -1:
/// there is no udevd.
auto start_udevd() -> pid_t;

/// Tells udevd about the disks and network cards that came before it.
void announce_devices();

} // namespace ktest::init
