#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace ktest::init {

/// Starts udevd, which goes into the background by itself when it listens; the process that ends then. -1:
/// there is no udevd.
auto start_udevd() -> pid_t;

/// Tells udevd about the disks and network cards that came before it; the files in which it notes that it
/// knows them.
auto announce_devices() -> std::vector<std::string>;

/// Waits until udevd has written these files and has nothing more to do; the caller reaps what it starts.
/// `udevadm settle` does the same, but takes longer to start than all of it takes.
auto await_udevd(std::vector<std::string> notes) -> pid_t;

} // namespace ktest::init
