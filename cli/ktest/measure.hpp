#pragma once

#include <ktest/paths.hpp>

namespace ktest::cli {

/// Boots and restores a trivial guest time and again and prints how long that takes here. Restores that were
/// all well let later runs under KVM start from templates. False: a run did not pass, or a restored guest was
/// not well.
auto measure(paths const& where) -> bool;

} // namespace ktest::cli
