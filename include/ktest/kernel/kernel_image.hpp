#pragma once

#include <ktest/descriptor.hpp>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace ktest {

namespace detail {

/// Up to `size` bytes at `offset`; fewer at the end of the file.
inline auto read_at(descriptor const& file, std::size_t size, off_t offset) -> result<std::string> {
    std::string block(size, '\0');
    std::size_t filled = 0;
    while (filled < size) {
        auto const got =
            ::pread(file.get(), block.data() + filled, size - filled, offset + static_cast<off_t>(filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_failure(errno, "read");
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    block.resize(filled);
    return block;
}

/// The first word, if it is whole and starts as a kernel's version does.
inline auto release_word(std::string_view text) -> std::string {
    auto const end = text.find_first_of(std::string_view{" \n\0", 3});
    auto const plausible =
        end != std::string_view::npos && std::isdigit(static_cast<unsigned char>(text.front())) != 0;
    return plausible ? std::string{text.substr(0, end)} : "";
}

constexpr std::size_t setup_header_end = 0x210;

inline auto is_bzimage(std::string_view head) -> bool {
    return head.size() >= setup_header_end && head.substr(0x1fe, 2) == "\x55\xaa"
           && head.substr(0x202, 4) == "HdrS";
}

/// How long the file must be: the fields `setup_sects` and `syssize`.
inline auto bzimage_size(std::string_view head) -> std::uint64_t {
    auto const at = [&](std::size_t offset) {
        return std::uint64_t{static_cast<unsigned char>(head[offset])};
    };
    auto const sectors = at(0x1f1) == 0 ? 4 : at(0x1f1); // as old boot loaders wrote it
    return (sectors + 1) * 512 + (at(0x1f4) | at(0x1f5) << 8U | at(0x1f6) << 16U | at(0x1f7) << 24U) * 16;
}

/// The field `kernel_version` of the setup header (the kernel's Documentation/arch/x86/boot.rst).
inline auto bzimage_release(descriptor const& file, std::string_view head) -> result<std::string> {
    auto const pointer = static_cast<unsigned>(static_cast<unsigned char>(head[0x20e])
                                               | static_cast<unsigned char>(head[0x20f]) << 8U);
    if (pointer == 0) return "";
    return read_at(file, 256, static_cast<off_t>(pointer) + 0x200).map(release_word);
}

/// What follows `Linux version ` in an uncompressed kernel. Read in blocks that overlap, not mapped: a
/// vmlinux that is just being linked may shrink.
inline auto vmlinux_release(descriptor const& file) -> result<std::string> {
    constexpr std::string_view banner = "Linux version ";
    constexpr std::size_t block_size = 1U << 20U;
    constexpr std::size_t overlap = 256;
    for (off_t offset = 0;; offset += block_size - overlap) {
        auto const block = read_at(file, block_size, offset);
        if (!block) return tl::unexpected{block.error()};
        for (auto at = block->find(banner); at != std::string::npos; at = block->find(banner, at + 1))
            if (auto word = release_word(std::string_view{*block}.substr(at + banner.size())); !word.empty())
                return word;
        if (block->size() < block_size) return "";
    }
}

} // namespace detail

/// The release (`uname -r`) of a kernel image, read out of a bzImage's header or a vmlinux's banner.
/// A file that is neither is a usage error, one that cannot be read is unavailable.
inline auto read_release(std::filesystem::path const& image) -> result<std::string> {
    auto const file = open_file(image, O_RDONLY | O_NONBLOCK); // a named pipe is no reason to wait
    if (!file) return tl::unexpected{file.error()};
    auto const head = detail::read_at(*file, detail::setup_header_end, 0);
    auto const named = [&](error e) {
        return error{e.kind, fmt::format("{}: {}", image.string(), e.message)};
    };
    if (!head) return tl::unexpected{named(head.error())};
    auto const compressed = detail::is_bzimage(*head);
    if (!compressed && head->substr(0, 4) != "\177ELF")
        return usage_error("{}: not a kernel: neither a bzImage nor a vmlinux", image.string());
    auto const size = static_cast<std::uint64_t>(std::max<off_t>(::lseek(file->get(), 0, SEEK_END), 0));
    if (compressed && size < detail::bzimage_size(*head))
        return unavailable(
            "{}: the end of the kernel is missing ({} of {} bytes are there): build or copy it again",
            image.string(), size, detail::bzimage_size(*head));
    auto release = compressed ? detail::bzimage_release(*file, *head) : detail::vmlinux_release(*file);
    if (!release) return tl::unexpected{named(release.error())};
    if (release->empty())
        return usage_error("{}: not a Linux kernel that tells its version{}", image.string(),
                           compressed ? "" : " (an ELF file without `Linux version`)");
    return release;
}

} // namespace ktest
