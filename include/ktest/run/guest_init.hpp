#pragma once

#include <ktest/result.hpp>

#include <filesystem>
#include <system_error>

#include <unistd.h>

namespace ktest {

/// The guest's init: beside this program in a build tree, in `../libexec/ktest` where it is installed.
inline auto find_guest_init() -> result<std::filesystem::path> {
    std::error_code failed;
    auto const self = std::filesystem::read_symlink("/proc/self/exe", failed).parent_path();
    for (auto const& candidate : {self / "ktest-init", self.parent_path() / "libexec/ktest/ktest-init"})
        if (::access(candidate.c_str(), R_OK) == 0) return candidate;
    return unavailable("ktest-init is neither in {} nor in {}: this installation is not whole", self.string(),
                       (self.parent_path() / "libexec/ktest").string());
}

} // namespace ktest
