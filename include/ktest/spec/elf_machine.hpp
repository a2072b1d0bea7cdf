#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <elf.h>

namespace ktest {

/// Architectures: e_machine of ELF and `uname -m`.
inline constexpr std::array elf_machines{
    std::pair<std::uint16_t, std::string_view>{EM_X86_64, "x86_64"},
    std::pair<std::uint16_t, std::string_view>{EM_386, "i386"},
    std::pair<std::uint16_t, std::string_view>{EM_386, "i686"},
    std::pair<std::uint16_t, std::string_view>{EM_AARCH64, "aarch64"},
    std::pair<std::uint16_t, std::string_view>{EM_ARM, "arm"},
    std::pair<std::uint16_t, std::string_view>{EM_ARM, "armv7l"},
    std::pair<std::uint16_t, std::string_view>{EM_RISCV, "riscv64"},
    std::pair<std::uint16_t, std::string_view>{EM_PPC64, "ppc64le"},
    std::pair<std::uint16_t, std::string_view>{EM_S390, "s390x"},
    std::pair<std::uint16_t, std::string_view>{EM_LOONGARCH, "loongarch64"},
};

inline auto elf_machine_name(std::uint16_t machine) -> std::string {
    auto const* const known = std::find_if(elf_machines.begin(), elf_machines.end(),
                                           [&](auto const& entry) { return entry.first == machine; });
    return known == elf_machines.end() ? fmt::format("machine {}", machine) : std::string{known->second};
}

inline auto find_elf_machine(std::string_view name) -> std::optional<std::uint16_t> {
    auto const* const known = std::find_if(elf_machines.begin(), elf_machines.end(),
                                           [&](auto const& entry) { return entry.second == name; });
    if (known == elf_machines.end()) return std::nullopt;
    return known->first;
}

} // namespace ktest
