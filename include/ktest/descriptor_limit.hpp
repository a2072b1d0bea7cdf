#pragma once

#include <ktest/result.hpp>

#include <algorithm>

#include <sys/resource.h>

namespace ktest {

/// Sees to it that this process, and what it starts, may open the files of a VM: a soft limit below what is
/// usual is raised as far as the hard one allows (getrlimit(2)). An error: that is not enough for any VM.
inline auto raise_descriptor_limit() -> result<void> {
    constexpr rlim_t usual = 1024;
    constexpr rlim_t least = 128;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return system_failure(errno, "getrlimit");
    if (limit.rlim_cur < usual) limit.rlim_cur = std::min(limit.rlim_max, usual);
    if (limit.rlim_cur < least)
        return unavailable("only {} files may be open at once: allow {} (ulimit -Hn)", limit.rlim_cur, usual);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return system_failure(errno, "setrlimit");
    return {};
}

} // namespace ktest
