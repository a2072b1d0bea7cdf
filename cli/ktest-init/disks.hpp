#pragma once

#include "problem.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace ktest::init {

/// `/dev/vdX` of the virtio disk with this serial; none: there is no such disk (yet).
auto disk_with_serial(std::string_view serial) -> std::optional<std::string>;

/// Drops what the kernel keeps in memory of the content of disks that are not mounted: a restored guest has
/// others.
void forget_disks();

/// vda for 0, vdz for 25, vdaa for 26.
auto disk_name(std::size_t place) -> std::string;

/// Whether the first disks are `scratch0`, `scratch1`, ..., in this order, exactly these many, and of these
/// sizes in bytes; what was just resized is waited for.
auto check_scratch_disks(std::vector<std::uint64_t> const& sizes) -> problem;

/// `/dev/vda /dev/vdb`
auto scratch_paths(std::size_t count) -> std::string;

} // namespace ktest::init
