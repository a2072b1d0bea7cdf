#pragma once

#include "device_events.hpp"
#include "problem.hpp"

namespace ktest::init {

/// /proc, /sys and /dev, in the initramfs.
auto mount_kernel_filesystems() -> problem;

/// Makes the root disk `/`, with the initramfs' /proc, /sys and /dev, and frees the initramfs.
auto switch_to_root(device_events& events) -> problem;

/// The rest of a usual tree: /run, /dev/pts, debugfs, ...
auto mount_tree() -> problem;

/// The modules disk on /lib/modules/<release> if there is one, and what hangs on it: nodes that load modules,
/// configfs.
auto mount_modules() -> problem;

/// The payload disk on /cdrom.
auto mount_payload() -> problem;

/// As the last thing before the power goes.
void remount_root_read_only();

} // namespace ktest::init
