#pragma once

#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace bench {

/// A measurement that cannot be made is no measurement.
[[noreturn]] inline void give_up(std::string_view why) {
    fmt::print(stderr, "bench: {}\n", why);
    std::exit(1);
}

} // namespace bench
