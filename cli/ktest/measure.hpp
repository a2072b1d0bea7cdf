#pragma once

#include <ktest/paths.hpp>

namespace ktest::cli {

/// So many restores prove that the clocks of guests keep going right.
constexpr unsigned proving_restores = 20;

/// Boots and restores a trivial guest time and again and prints how long that takes here. Restores that were
/// all well, and `proving_restores` of them, let later runs under KVM start from templates. False: a run did
/// not pass, or a restored guest was not well.
auto measure(paths const& where, unsigned restores) -> bool;

} // namespace ktest::cli
