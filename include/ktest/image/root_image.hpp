#pragma once

#include <ktest/file.hpp>
#include <ktest/paths.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace ktest {

/// The guest's root file system, a raw ext4 image without partitions.
struct root_image {
    std::filesystem::path path;
    std::string manifest; ///< what is in it (`PATH.manifest`); empty: not known
    friend auto operator==(root_image const&, root_image const&) -> bool = default;
};

/// The image that all users of a machine share.
constexpr auto machine_root_image = "/var/lib/ktest/root";

namespace detail {

/// Checks that the file holds a whole ext4 (the superblock at 1024: kernel, Documentation/filesystems/ext4).
inline auto check_ext4(std::filesystem::path const& path) -> result<void> {
    auto file = open_file(path, O_RDONLY);
    if (!file) return tl::unexpected{file.error()};
    std::array<unsigned char, 1024> superblock{};
    if (::pread(file->get(), superblock.data(), superblock.size(), 1024) != std::ssize(superblock)
        || superblock[0x38] != 0x53 || superblock[0x39] != 0xef)
        return unavailable(
            "{}: not an ext4 image: make one with 'ktest image --force' or 'create_vm_image {}'",
            path.string(), path.string());
    auto const number = [&](std::size_t at) {
        return std::uint64_t{superblock[at]} | std::uint64_t{superblock[at + 1]} << 8U
               | std::uint64_t{superblock[at + 2]} << 16U | std::uint64_t{superblock[at + 3]} << 24U;
    };
    auto const wide = (number(0x60) & 0x80U) != 0; // INCOMPAT_64BIT
    auto const blocks = number(0x04) | (wide ? number(0x150) << 32U : 0);
    auto const size = static_cast<std::uint64_t>(std::max<off_t>(::lseek(file->get(), 0, SEEK_END), 0));
    if (size >> (10U + number(0x18)) < blocks)
        return unavailable("{}: the end of the image is missing ({} bytes are there): copy it again, or make "
                           "it with 'ktest image --force'",
                           path.string(), size);
    return {};
}

} // namespace detail

/// The image at `path`, checked: a whole ext4 that can be read.
inline auto open_root_image(std::filesystem::path const& path) -> result<root_image> {
    return detail::check_ext4(path).map([&] {
        return root_image{path, read_file(path.string() + ".manifest").value_or("")};
    });
}

/// The image to boot from: the one asked for (-i), else $KTEST_IMAGE, else the user's, else the machine's.
/// One that exists and cannot be used is an error, never passed over.
inline auto find_root_image(std::optional<std::filesystem::path> const& asked, paths const& where,
                            std::filesystem::path const& machine = machine_root_image) -> result<root_image> {
    auto const* const environment = std::getenv("KTEST_IMAGE");
    if (asked) return open_root_image(*asked);
    if (environment != nullptr && *environment != '\0') return open_root_image(environment);
    for (auto const& candidate : {where.root_image(), machine}) {
        struct stat status {};
        if (::stat(candidate.c_str(), &status) == 0 || errno != ENOENT) return open_root_image(candidate);
    }
    return unavailable("there is no root image ({} or {}): make one with 'ktest image'",
                       where.root_image().string(), machine.string());
}

} // namespace ktest
