#pragma once

#include "problem.hpp"
#include <ktest/descriptor.hpp>

#include <utility>
#include <vector>

namespace ktest::init {

/// The initramfs' modules: /modules/NAME for each line of /modules/order.
class initramfs_modules {
public:
    /// Opens them, for the initramfs goes away while they are loaded.
    initramfs_modules();
    /// Loads them in their order, and says what the kernel refused first. A module that is there already, or
    /// finds no hardware, is no problem.
    auto load() const -> problem;

private:
    std::vector<std::pair<std::string, descriptor>> files_;
};

/// uname -r
auto kernel_release() -> std::string;

/// Loads a module of the root's /lib/modules that needs no other, if it is there:
/// `kernel/fs/configfs/configfs`.
void load_plain_module(std::string const& name);

/// Makes the nodes by which the kernel loads a module on demand (/dev/loop-control, /dev/fuse, ...:
/// modules.devname).
void make_static_nodes();

} // namespace ktest::init
