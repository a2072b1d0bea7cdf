#pragma once

#include <range/v3/range/conversion.hpp>
#include <range/v3/view/filter.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace ktest {

/// What a test sees of the caller's environment: the variables named KTEST_*, but for those that are ktest's
/// own options or that ktest itself sets in the guest.
inline auto test_environment(char const* const* environment = environ) -> std::vector<std::string> {
    constexpr std::array<std::string_view, 34> own{
        "KTEST_ACCEL",   "KTEST_APPEND",  "KTEST_BOOT",      "KTEST_BUILD_DIR",   "KTEST_COLD",
        "KTEST_CONFIG",  "KTEST_CPUS",    "KTEST_IMAGE",     "KTEST_JOBS",        "KTEST_JSON",
        "KTEST_JUNIT",   "KTEST_KCONFIG", "KTEST_KERNEL",    "KTEST_MEMORY",      "KTEST_NET",
        "KTEST_NODE",    "KTEST_NODES",   "KTEST_NO_BUILD",  "KTEST_NO_HOLD",     "KTEST_OUT",
        "KTEST_SCRATCH", "KTEST_SEED",    "KTEST_SLOT_WAIT", "KTEST_STRICT",      "KTEST_TIMEOUT",
        "KTEST_TREE",    "KTEST_VERBOSE", "KTEST_WITH",      "KTEST_SOURCE_FILE", "KTEST_SOURCE_LINE",
        "KTEST_DUMP",    "KTEST_PCAP",    "KTEST_WARM",      "KTEST_BOOT_TIMEOUT"};
    std::vector<std::string_view> variables;
    for (; environment != nullptr && *environment != nullptr; ++environment)
        variables.emplace_back(*environment);
    auto const is_passed = [&](std::string_view variable) {
        auto const name = variable.substr(0, variable.find('='));
        return name.starts_with("KTEST_") && !name.starts_with("KTEST_LAUNCHER")
               && !name.starts_with("KTEST_NODE_CACHE")
               && std::find(own.begin(), own.end(), name) == own.end();
    };
    return variables | ranges::views::filter(is_passed) | ranges::to<std::vector<std::string>>();
}

} // namespace ktest
