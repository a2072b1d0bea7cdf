#pragma once

#include <ktest/spec/elf_machine.hpp>
#include <ktest/spec/glibc_version.hpp>
#include <ktest/take_line.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace ktest {

/// What programs find in a root image.
struct image_libraries {
    std::uint16_t machine = 0; ///< EM_X86_64, ...
    glibc_version libc;
    std::set<std::string, std::less<>> sonames;
    std::set<std::string, std::less<>> programs; ///< names, without their directories
    friend auto operator==(image_libraries const&, image_libraries const&) -> bool = default;
};

/// Reads the manifest beside an image: `ktest image manifest 1`, `machine x86_64`, `libc 2.36`, then lines
/// `lib SONAME` and `bin PATH`. nullopt, as for no manifest at all: it is of another kind, or not whole.
inline auto parse_image_libraries(std::string_view manifest) -> std::optional<image_libraries> {
    auto const take = [&](std::string_view word) -> std::optional<std::string_view> {
        auto const line = take_line(manifest);
        if (line.substr(0, word.size()) != word || line.size() == word.size()) return std::nullopt;
        return line.substr(word.size());
    };
    if (take_line(manifest) != "ktest image manifest 1") return std::nullopt;
    auto const machine = take("machine ");
    auto const libc = take("libc ");
    if (!machine || !libc || !find_elf_machine(*machine) || !parse_glibc_version(*libc)) return std::nullopt;
    image_libraries image{*find_elf_machine(*machine), *parse_glibc_version(*libc), {}, {}};
    while (!manifest.empty()) {
        auto const line = take_line(manifest);
        auto const kind = line.substr(0, 4);
        if (line.size() <= 4 || (kind != "lib " && kind != "bin ")) return std::nullopt;
        if (kind == "lib ")
            image.sonames.emplace(line.substr(4));
        else
            image.programs.emplace(
                line.substr(line.rfind('/') == std::string_view::npos ? 4 : line.rfind('/') + 1));
    }
    return image;
}

} // namespace ktest
