#pragma once

#include <fmt/core.h>

#include <random>
#include <string>

namespace ktest {

/// 128 random bits in hexadecimal: no guest can guess them.
inline auto make_nonce() -> std::string {
    std::random_device random;
    return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

} // namespace ktest
