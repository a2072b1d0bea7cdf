#pragma once

#include <ktest/kernel/config_fragment.hpp>
#include <ktest/result.hpp>
#include <ktest/spec/nearest.hpp>

#include <fmt/ranges.h>
#include <range/v3/view/transform.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

namespace detail {

struct config_profile {
    std::string_view name;
    config_fragment fragment;
};

constexpr std::array config_profiles{
    config_profile{"lockdep",
                   {"CONFIG_PROVE_LOCKING=y\nCONFIG_DEBUG_ATOMIC_SLEEP=y\nCONFIG_DEBUG_LOCKDEP=y\n",
                    "CONFIG_DEBUG_KERNEL=y\nCONFIG_LOCKDEP_BITS=17\nCONFIG_LOCKDEP_CHAINS_BITS=18\n"
                    "CONFIG_CSD_LOCK_WAIT_DEBUG=y\nCONFIG_RCU_EXPERT=y\nCONFIG_PROVE_RCU_LIST=y\n"}},
    config_profile{"kasan",
                   {"CONFIG_KASAN=y\nCONFIG_KASAN_GENERIC=y\n",
                    "CONFIG_DEBUG_KERNEL=y\nCONFIG_SLUB_DEBUG=y\nCONFIG_KASAN_INLINE=y\n"
                    "CONFIG_KASAN_STACK=y\nCONFIG_KASAN_VMALLOC=y\n"}},
    config_profile{"ubsan",
                   {"CONFIG_UBSAN=y\n",
                    "# CONFIG_UBSAN_TRAP is not set\nCONFIG_UBSAN_BOUNDS=y\nCONFIG_UBSAN_SHIFT=y\n"
                    "CONFIG_UBSAN_BOOL=y\nCONFIG_UBSAN_ENUM=y\n# CONFIG_UBSAN_ALIGNMENT is not set\n"
                    "CONFIG_UBSAN_SANITIZE_ALL=y\n"}},
    config_profile{"kmemleak",
                   {"CONFIG_DEBUG_KMEMLEAK=y\n",
                    "CONFIG_DEBUG_KERNEL=y\nCONFIG_DEBUG_FS=y\nCONFIG_DEBUG_KMEMLEAK_AUTO_SCAN=y\n"
                    "# CONFIG_DEBUG_KMEMLEAK_DEFAULT_OFF is not set\n"}},
    config_profile{"kcsan", {"CONFIG_KCSAN=y\n", "CONFIG_DEBUG_KERNEL=y\nCONFIG_KCSAN_STRICT=y\n"}},
    config_profile{"kmsan", {"CONFIG_KMSAN=y\n", ""}},
    config_profile{"kfence", {"CONFIG_KFENCE=y\n", ""}},
    config_profile{"debug_pages",
                   {"CONFIG_DEBUG_PAGEALLOC=y\nCONFIG_PAGE_POISONING=y\nCONFIG_DEBUG_VM=y\n",
                    "CONFIG_DEBUG_KERNEL=y\nCONFIG_DEBUG_PAGEALLOC_ENABLE_DEFAULT=y\n"
                    "CONFIG_DEBUG_VM_PGFLAGS=y\nCONFIG_PAGE_TABLE_CHECK=y\n"
                    "CONFIG_PAGE_TABLE_CHECK_ENFORCED=y\nCONFIG_SLUB_DEBUG=y\nCONFIG_SLUB_DEBUG_ON=y\n"}},
    config_profile{"debug_objects",
                   {"CONFIG_DEBUG_OBJECTS=y\n",
                    "CONFIG_DEBUG_KERNEL=y\nCONFIG_DEBUG_OBJECTS_FREE=y\nCONFIG_DEBUG_OBJECTS_TIMERS=y\n"
                    "CONFIG_DEBUG_OBJECTS_WORK=y\nCONFIG_DEBUG_OBJECTS_RCU_HEAD=y\n"
                    "CONFIG_DEBUG_OBJECTS_PERCPU_COUNTER=y\n"}},
    config_profile{"faults",
                   {"CONFIG_FAULT_INJECTION=y\nCONFIG_FAULT_INJECTION_DEBUG_FS=y\n",
                    "CONFIG_DEBUG_KERNEL=y\nCONFIG_DEBUG_FS=y\nCONFIG_KPROBES=y\n"
                    "CONFIG_FUNCTION_ERROR_INJECTION=y\nCONFIG_FAILSLAB=y\nCONFIG_FAIL_PAGE_ALLOC=y\n"
                    "CONFIG_FAIL_MAKE_REQUEST=y\nCONFIG_FAIL_IO_TIMEOUT=y\nCONFIG_FAIL_FUTEX=y\n"
                    "CONFIG_FAIL_FUNCTION=y\nCONFIG_FAULT_INJECTION_USERCOPY=y\n"
                    "CONFIG_FAULT_INJECTION_STACKTRACE_FILTER=y\n"}},
    config_profile{
        "gcov",
        {"CONFIG_GCOV_KERNEL=y\nCONFIG_GCOV_PROFILE_ALL=y\n", "CONFIG_DEBUG_FS=y\nCONFIG_CONSTRUCTORS=y\n"}},
    config_profile{"kcov",
                   {"CONFIG_KCOV=y\n", "CONFIG_DEBUG_FS=y\nCONFIG_KCOV_INSTRUMENT_ALL=y\n"
                                       "CONFIG_KCOV_ENABLE_COMPARISONS=y\n"}},
};

/// Each of these owns the compiler's instrumentation of memory accesses: a kernel has one of them.
constexpr std::array<std::string_view, 3> exclusive_profiles{"kasan", "kcsan", "kmsan"};

} // namespace detail

/// The names that `--with` knows.
inline auto profile_names() {
    return detail::config_profiles | ranges::views::transform(&detail::config_profile::name);
}

/// A profile of `--with`.
inline auto find_profile(std::string_view name) -> result<config_fragment> {
    for (auto const& profile : detail::config_profiles)
        if (profile.name == name) return profile.fragment;
    auto const meant = nearest(name, profile_names());
    return usage_error("--with: no profile '{}'{} (there are {})", name,
                       meant ? fmt::format(", did you mean '{}'?", *meant) : "",
                       fmt::join(profile_names(), ", "));
}

/// The profiles of `--with kasan,lockdep`, each once; two that no kernel can have together are a usage error.
inline auto find_profiles(std::vector<std::string> const& names) -> result<std::vector<config_fragment>> {
    std::vector<config_fragment> found;
    std::string_view exclusive;
    for (std::string_view const name : names) {
        auto const profile = find_profile(name);
        if (!profile) return tl::unexpected{profile.error()};
        if (std::count(found.begin(), found.end(), *profile) != 0) continue;
        found.push_back(*profile);
        auto const& clashing = detail::exclusive_profiles;
        if (std::count(clashing.begin(), clashing.end(), name) == 0) continue;
        if (!exclusive.empty())
            return usage_error("--with {},{}: a kernel can have only one of {}", exclusive, name,
                               fmt::join(clashing, ", "));
        exclusive = name;
    }
    return found;
}

} // namespace ktest
