#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sys/utsname.h>

namespace ktest {

/// One place where a Kconfig file defines an option.
struct kconfig_definition {
    std::string file; ///< as the tree names it: `drivers/md/bcache/Kconfig`
    unsigned line = 0;
    std::vector<std::string> conditions; ///< its own and those of the blocks that it lies in
    std::string prompt_condition;
    bool has_prompt = false;
    int choice = -1; ///< the number of the choice that it belongs to
};

/// An option of the Kconfig language.
struct kconfig_symbol {
    std::string type;  ///< `bool`, `tristate`, `int`, `hex`, `string`; empty: not said
    std::string range; ///< of a number: `2 512`
    std::vector<kconfig_definition> definitions;
    std::vector<std::pair<std::string, std::string>> selected_by; ///< name, on this condition
};

/// What the Kconfig files of a source tree say: enough of it to tell why an option cannot be set.
struct kconfig_source {
    std::unordered_map<std::string, kconfig_symbol> symbols;
    std::size_t files = 0;

    auto find(std::string const& name) const -> kconfig_symbol const* {
        auto const entry = symbols.find(name);
        return entry == symbols.end() || entry->second.definitions.empty() ? nullptr : &entry->second;
    }
};

/// The directory under arch/ for make's ARCH (empty: this machine), as the kernel's Makefile has it.
inline auto source_architecture(std::string architecture) -> std::string {
    if (architecture.empty()) {
        utsname machine{};
        ::uname(&machine);
        architecture = machine.machine;
    }
    constexpr std::pair<std::string_view, std::string_view> names[]{
        {"x86", "x86"},       {"i386", "x86"},           {"i486", "x86"},  {"i586", "x86"},
        {"i686", "x86"},      {"aarch64", "arm64"},      {"armv", "arm"},  {"s390", "s390"},
        {"ppc", "powerpc"},   {"riscv", "riscv"},        {"mips", "mips"}, {"sparc", "sparc"},
        {"parisc", "parisc"}, {"loongarch", "loongarch"}};
    for (auto const& [prefix, name] : names)
        if (architecture.starts_with(prefix)) return std::string{name};
    return architecture;
}

} // namespace ktest
