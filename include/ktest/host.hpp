#pragma once

#include <ktest/file.hpp>

#include <array>
#include <string>

#include <unistd.h>

namespace ktest {

/// A host between two boots. Homes are shared between hosts, so what is written there about processes says
/// which.
struct host_identity {
    std::string name;
    std::string boot_id; ///< random(4): drawn anew at each boot; empty where there is none
    friend auto operator==(host_identity const&, host_identity const&) -> bool = default;
};

inline auto this_host() -> host_identity {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    auto id = read_file("/proc/sys/kernel/random/boot_id").value_or("");
    while (!id.empty() && id.back() == '\n') id.pop_back();
    return {name.data(), id};
}

} // namespace ktest
