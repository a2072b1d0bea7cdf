#pragma once

// A guest that rests is saved and restored many times: what is the same in all of them by that, and should
// not be, is made different here.

#include "problem.hpp"
#include <ktest/guest/messages.hpp>

#include <functional>

namespace ktest::init {

/// Brings into memory what the first moments of a test need: shells, common programs, their libraries. The
/// caller reaps what it starts.
auto warm_up() -> pid_t;

/// What the kernel says of itself.
auto kernel_health() -> wire::resting;
/// The same and more, as `started` and `finished` tell it.
auto kernel_witnesses() -> std::vector<std::uint64_t>;

/// The wall clock, in nanoseconds since 1970.
void set_clock(std::uint64_t nanoseconds);
auto wall_clock() -> std::uint64_t;

/// Makes this restored guest one of its own: clock, random numbers, machine id, address, and by a seed a
/// little of where things come to lie. Its scratch disks have the sizes of this run then.
auto wake_up(wire::wake const& wake) -> problem;

} // namespace ktest::init
