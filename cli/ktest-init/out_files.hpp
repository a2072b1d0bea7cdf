#pragma once

#include <ktest/guest/messages.hpp>

#include <functional>

namespace ktest::init {

/// Where the test puts files that shall outlive the guest.
constexpr auto out_directory = "/run/ktest/out";

/// Gives the regular files under `out_directory` piece by piece; links are left out. What is over the bounds
/// (64 MiB and 1000 files in all) is left out, and a file named TRUNCATED says so.
void send_out_files(std::function<void(wire::out_file)> const& send);

} // namespace ktest::init
