#pragma once

#include <ktest/file.hpp>

#include <cstdint>
#include <filesystem>

#include <elf.h>

namespace ktest {

/// Where a vmlinux was linked to begin: the virtual address of its first segment, which is that of `_text`
/// (elf(5)).
inline auto linked_address(std::filesystem::path const& vmlinux) -> result<std::uint64_t> {
    auto const file = open_file(vmlinux, O_RDONLY);
    if (!file) return tl::unexpected{file.error()};
    Elf64_Ehdr header{};
    Elf64_Phdr first{};
    auto const whole =
        ::pread(file->get(), &header, sizeof header, 0) == sizeof header
        && std::string_view{reinterpret_cast<char const*>(header.e_ident), SELFMAG} == ELFMAG
        && ::pread(file->get(), &first, sizeof first, static_cast<off_t>(header.e_phoff)) == sizeof first;
    if (!whole || first.p_type != PT_LOAD) return usage_error("{}: not a vmlinux", vmlinux.string());
    return first.p_vaddr;
}

} // namespace ktest
