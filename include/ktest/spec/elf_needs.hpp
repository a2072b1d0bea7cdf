#pragma once

// What a program or library needs to run, read from its file alone (elf(5); gABI chapter 5; LSB, symbol
// versioning). The program headers are used, for they are what the loader reads; no offset is trusted.

#include <ktest/spec/deps_syntax.hpp>
#include <ktest/spec/glibc_version.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <elf.h>
#include <endian.h>

namespace ktest {

/// What an ELF file is, and what it asks of the system that runs it.
struct elf_needs {
    std::uint16_t machine = 0;        ///< EM_X86_64, ...
    std::uint16_t type = 0;           ///< ET_EXEC, ET_DYN, ...
    bool is_native = false;           ///< 64 bits and this host's byte order; else nothing below is known
    std::string interpreter;          ///< empty: static, or not a program
    std::vector<std::string> needed;  ///< DT_NEEDED
    std::vector<std::string> rpath;   ///< DT_RPATH, split; void where there is a RUNPATH
    std::vector<std::string> runpath; ///< DT_RUNPATH, split
    glibc_version libc;               ///< the newest whose symbols it needs; 0.0: none
    friend auto operator==(elf_needs const&, elf_needs const&) -> bool = default;

    auto is_program() const -> bool { return type == ET_EXEC || type == ET_DYN; }
};

namespace detail {

/// A 64-bit ELF file in native byte order. A reader that met an impossible offset is `broken` from then on,
/// and gives zeroes and empty texts.
class elf_file {
public:
    explicit elf_file(std::string_view content) : content_{content} {
        auto const header = at<Elf64_Ehdr>(0);
        if (header.e_phnum == PN_XNUM || (header.e_phnum > 0 && header.e_phentsize != sizeof(Elf64_Phdr)))
            broken_ = true;
        for (std::uint64_t i = 0; i < header.e_phnum && !broken_; ++i)
            segments_.push_back(at<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr)));
    }

    auto broken() const -> bool { return broken_; }

    void read(elf_needs& needs) {
        for (auto const& segment : segments_) {
            if (segment.p_type == PT_INTERP) needs.interpreter = text(segment.p_offset, segment.p_filesz);
            if (segment.p_type == PT_DYNAMIC) read_dynamic(segment, needs);
        }
    }

private:
    template<class T>
    auto at(std::uint64_t offset) -> T {
        T value{};
        if (offset > content_.size() || content_.size() - offset < sizeof value) broken_ = true;
        if (!broken_) std::memcpy(&value, content_.data() + offset, sizeof value);
        return value;
    }

    /// The text at an offset, which must end in NUL within `size` bytes.
    auto text(std::uint64_t offset, std::uint64_t size) -> std::string {
        if (broken_ || offset > content_.size()) broken_ = true;
        if (broken_) return {};
        auto const room = content_.substr(offset, size);
        auto const end = room.find('\0');
        if (end == std::string_view::npos) broken_ = true;
        return std::string{room.substr(0, broken_ ? 0 : end)};
    }

    auto offset_of(std::uint64_t address) -> std::uint64_t {
        for (auto const& segment : segments_)
            if (segment.p_type == PT_LOAD && address >= segment.p_vaddr
                && address - segment.p_vaddr < segment.p_filesz)
                return address - segment.p_vaddr + segment.p_offset;
        broken_ = true;
        return 0;
    }

    void read_dynamic(Elf64_Phdr const& segment, elf_needs& needs) {
        std::vector<std::uint64_t> needed;
        std::optional<std::uint64_t> rpath, runpath;
        std::uint64_t versions = 0, version_count = 0;
        for (std::uint64_t i = 0; i < segment.p_filesz / sizeof(Elf64_Dyn) && !broken_; ++i) {
            auto const entry = at<Elf64_Dyn>(segment.p_offset + i * sizeof(Elf64_Dyn));
            auto const value = entry.d_un.d_val;
            if (entry.d_tag == DT_NULL) break;
            if (entry.d_tag == DT_NEEDED) needed.push_back(value);
            if (entry.d_tag == DT_RPATH) rpath = value;
            if (entry.d_tag == DT_RUNPATH) runpath = value;
            if (entry.d_tag == DT_STRTAB) strings_ = value;
            if (entry.d_tag == DT_STRSZ) strings_size_ = value;
            if (entry.d_tag == DT_VERNEED) versions = value;
            if (entry.d_tag == DT_VERNEEDNUM) version_count = value;
        }
        if (needed.empty() && !rpath && !runpath && version_count == 0) return;
        strings_ = offset_of(strings_);
        for (auto const index : needed) needs.needed.push_back(string(index));
        if (runpath)
            needs.runpath = directories(string(*runpath));
        else if (rpath)
            needs.rpath = directories(string(*rpath));
        if (version_count > 0) read_versions(offset_of(versions), version_count, needs);
    }

    void read_versions(std::uint64_t offset, std::uint64_t count, elf_needs& needs) {
        // More versions than the file has room for, or than anything has: such a file goes in circles.
        auto left = std::min(content_.size() / sizeof(Elf64_Vernaux), std::size_t{1} << 16U);
        for (; count > 0 && !broken_; --count) {
            auto const file = at<Elf64_Verneed>(offset);
            auto entry = offset + file.vn_aux;
            for (auto entries = file.vn_cnt; entries > 0 && !broken_; --entries) {
                auto const version = at<Elf64_Vernaux>(entry);
                auto const libc = glibc_with(string(version.vna_name));
                if (libc && *libc > needs.libc) needs.libc = *libc;
                entry += version.vna_next;
                if (left-- == 0) broken_ = true;
            }
            if (file.vn_next == 0) return;
            offset += file.vn_next;
        }
    }

    auto string(std::uint64_t index) -> std::string {
        if (index >= strings_size_) broken_ = true;
        return text(strings_ + index, strings_size_ - index);
    }

    static auto directories(std::string const& list) -> std::vector<std::string> {
        std::vector<std::string> all;
        for (std::size_t from = 0; from <= list.size();) {
            auto const colon = std::min(list.find(':', from), list.size());
            if (colon > from) all.push_back(list.substr(from, colon - from));
            from = colon + 1;
        }
        return all;
    }

    std::string_view content_;
    bool broken_ = false;
    std::vector<Elf64_Phdr> segments_;
    std::uint64_t strings_ = 0;
    std::uint64_t strings_size_ = 0;
};

} // namespace detail

/// Reads a file's content; nullopt: it is not ELF. A broken ELF file is an error, which does not name the
/// file.
inline auto read_elf(std::string_view content) -> result<std::optional<elf_needs>> {
    if (content.substr(0, SELFMAG) != std::string_view{ELFMAG, SELFMAG}) return std::nullopt;
    if (content.size() < sizeof(Elf32_Ehdr)) return usage_error("is an ELF file that is cut off");
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(content[i]); };
    auto const little = byte(EI_DATA) == ELFDATA2LSB;
    auto const half = [&](std::size_t i) { // e_type and e_machine are at the same place in either class
        return static_cast<std::uint16_t>(byte(i + (little ? 1 : 0)) << 8U | byte(i + (little ? 0 : 1)));
    };
    elf_needs needs;
    needs.type = half(offsetof(Elf64_Ehdr, e_type));
    needs.machine = half(offsetof(Elf64_Ehdr, e_machine));
    needs.is_native = byte(EI_CLASS) == ELFCLASS64 && little == (BYTE_ORDER == LITTLE_ENDIAN);
    if (!needs.is_native) return needs;
    detail::elf_file file{content};
    file.read(needs);
    if (file.broken()) return usage_error("is a broken ELF file: it points outside of itself");
    return needs;
}

} // namespace ktest
