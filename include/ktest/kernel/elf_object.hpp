#pragma once

#include <ktest/kernel/kernel_image.hpp>

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <elf.h>
#include <endian.h>

namespace ktest {

namespace detail {

/// The NUL-terminated text at an offset of a string table; empty where there is none.
inline auto text_at(std::string_view strings, std::uint64_t offset) -> std::string_view {
    if (offset >= strings.size()) return {};
    auto const rest = strings.substr(offset);
    return rest.substr(0, rest.find('\0'));
}

} // namespace detail

struct elf_section {
    std::string name;
    Elf64_Shdr header{};

    auto is_code() const -> bool {
        return (header.sh_flags & SHF_ALLOC) != 0 && (header.sh_flags & SHF_EXECINSTR) != 0;
    }
};

/// An open ELF file of 64 bits in the host's byte order (a vmlinux, a module), by its sections (elf(5)). Its
/// parts are read when they are asked for: a vmlinux with debug info is large, and may just be linked anew.
class elf_object {
public:
    /// Usage errors: not such a file, or a broken one.
    static auto open(std::filesystem::path const& path) -> result<elf_object> {
        auto file = open_file(path, O_RDONLY | O_NONBLOCK);
        if (!file) return tl::unexpected{file.error()};
        elf_object object{std::move(*file)};
        if (auto read = object.read_sections(); !read)
            return tl::unexpected{
                error{read.error().kind, fmt::format("{}: {}", path.string(), read.error().message)}};
        return object;
    }

    auto machine() const -> std::uint16_t { return header_.e_machine; }
    /// Its addresses count from the start of each section: a module.
    auto is_relocatable() const -> bool { return header_.e_type == ET_REL; }
    auto sections() const -> std::vector<elf_section> const& { return sections_; }
    auto section(std::string_view name) const -> elf_section const* {
        auto const found = std::find_if(sections_.begin(), sections_.end(),
                                        [&](elf_section const& section) { return section.name == name; });
        return found == sections_.end() ? nullptr : &*found;
    }

    /// A section's bytes, or as many of them as `limit` says from `offset` on.
    auto content(elf_section const& section, std::uint64_t offset = 0, std::uint64_t limit = ~0ULL) const
        -> result<std::string> {
        auto const& header = section.header;
        if (header.sh_type == SHT_NOBITS || offset > header.sh_size) return std::string{};
        auto const size = std::min(header.sh_size - offset, limit);
        if (header.sh_offset > size_ || offset > size_ - header.sh_offset
            || size > size_ - header.sh_offset - offset)
            return usage_error("section {} lies outside of the file", section.name);
        return detail::read_at(file_, size, static_cast<off_t>(header.sh_offset + offset));
    }

    /// Of the note that the linker leaves (--build-id), in hexadecimal; empty: there is none.
    auto build_id() const -> std::string {
        for (auto const& section : sections_) {
            if (section.header.sh_type != SHT_NOTE || section.name != ".note.gnu.build-id") continue;
            auto const note = content(section, 0, 256).value_or("");
            Elf64_Nhdr head{};
            if (note.size() < sizeof head) continue;
            std::memcpy(&head, note.data(), sizeof head);
            constexpr std::size_t owner = 4; // "GNU" and its NUL
            if (head.n_type != NT_GNU_BUILD_ID || head.n_namesz != owner) continue;
            std::string id;
            for (auto const letter : std::string_view{note}.substr(sizeof head + owner, head.n_descsz))
                id += fmt::format("{:02x}", static_cast<unsigned char>(letter));
            return id;
        }
        return {};
    }

private:
    explicit elf_object(descriptor file)
        : file_{std::move(file)},
          size_{static_cast<std::uint64_t>(std::max<off_t>(::lseek(file_.get(), 0, SEEK_END), 0))} {}

    auto read_sections() -> result<void> {
        auto const head = detail::read_at(file_, sizeof header_, 0);
        if (!head) return tl::unexpected{head.error()};
        if (head->size() < sizeof header_ || head->compare(0, SELFMAG, ELFMAG, SELFMAG) != 0)
            return usage_error("not an ELF file");
        std::memcpy(&header_, head->data(), sizeof header_);
        constexpr auto order = BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB;
        if (header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_ident[EI_DATA] != order)
            return usage_error("an ELF file of another word size or byte order than this host's");
        auto const count = std::uint64_t{header_.e_shnum};
        auto const table =
            detail::read_at(file_, count * sizeof(Elf64_Shdr),
                            static_cast<off_t>(std::min<std::uint64_t>(header_.e_shoff, size_)));
        if (!table) return tl::unexpected{table.error()};
        if (table->size() != count * sizeof(Elf64_Shdr) || header_.e_shentsize != sizeof(Elf64_Shdr)
            || header_.e_shstrndx >= count)
            return usage_error("an ELF file without sections, or cut off");
        sections_.resize(count);
        for (std::size_t i = 0; i < count; ++i)
            std::memcpy(&sections_[i].header, table->data() + i * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr));
        auto const names = content(sections_[header_.e_shstrndx]);
        if (!names) return tl::unexpected{names.error()};
        for (auto& section : sections_) section.name = detail::text_at(*names, section.header.sh_name);
        return {};
    }

    descriptor file_;
    std::uint64_t size_;
    Elf64_Ehdr header_{};
    std::vector<elf_section> sections_;
};

} // namespace ktest
