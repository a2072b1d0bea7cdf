#pragma once

#include <ktest/descriptor.hpp>
#include <ktest/spec/elf_needs.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

namespace ktest {

/// QEMU's `-sandbox`: a guest that takes QEMU over starts no program and gains no rights (qemu(1)).
constexpr std::string_view qemu_sandbox =
    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

namespace detail {

inline auto host_filters_system_calls() -> bool {
    // Without a filter it is EFAULT where there are filters (prctl(2)).
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, nullptr, 0, 0) == 0 || errno != EINVAL;
}

/// Whether a program is one that the loader gives no libseccomp. Of a script nobody knows.
inline auto lacks_seccomp(std::filesystem::path const& program) -> bool {
    auto const file = open_file(program, O_RDONLY);
    struct stat status {};
    if (!file || ::fstat(file->get(), &status) != 0 || status.st_size == 0) return false;
    auto const size = static_cast<std::size_t>(status.st_size);
    auto* const memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file->get(), 0);
    if (memory == MAP_FAILED) return false;
    auto const needs = read_elf({static_cast<char const*>(memory), size});
    ::munmap(memory, size);
    if (!needs || !*needs || !(**needs).is_native) return false;
    auto const& libraries = (**needs).needed;
    return std::none_of(libraries.begin(), libraries.end(),
                        [](auto const& name) { return name.starts_with("libseccomp."); });
}

} // namespace detail

/// Why this QEMU cannot be started with `qemu_sandbox` here; nothing where it can.
inline auto sandbox_obstacle(std::filesystem::path const& qemu) -> std::optional<std::string> {
    if (!detail::host_filters_system_calls()) return "this host's kernel has no seccomp filters";
    if (detail::lacks_seccomp(qemu)) return fmt::format("{} is built without seccomp", qemu.string());
    return std::nullopt;
}

} // namespace ktest
