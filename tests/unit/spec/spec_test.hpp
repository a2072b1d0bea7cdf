#pragma once

#include <ktest/file.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <elf.h>

namespace spec_test {

/// A fresh directory, gone with its owner.
struct scratch_directory {
    std::filesystem::path path;

    scratch_directory() {
        auto name = (std::filesystem::temp_directory_path() / "ktest-spec-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    scratch_directory(scratch_directory const&) = delete;
    auto operator=(scratch_directory const&) -> scratch_directory& = delete;
    ~scratch_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }

    auto write(std::string const& name, std::string_view text, mode_t mode = 0644) const
        -> std::filesystem::path {
        auto const file = path / name;
        std::filesystem::create_directories(file.parent_path());
        if (!ktest::write_file(file, text, mode)) return {};
        return file;
    }
};

/// What an ELF file made for a test says; `make` gives its bytes.
struct made_elf {
    std::uint16_t machine = EM_X86_64;
    std::string interpreter = "/lib64/ld-linux-x86-64.so.2";
    std::vector<std::string> needed{"libc.so.6"};
    std::string rpath{};
    std::string runpath{};
    std::vector<std::string> versions{"GLIBC_2.2.5"}; ///< of libc.so.6

    auto make() const -> std::string {
        constexpr std::uint64_t base = 0x400000;
        std::string strings(1, '\0');
        auto const string = [&](std::string const& text) {
            auto const at = strings.size();
            strings += text + '\0';
            return static_cast<std::uint32_t>(at);
        };
        std::vector<Elf64_Dyn> dynamic;
        auto const add = [&](Elf64_Sxword tag, std::uint64_t value) { dynamic.push_back({tag, {value}}); };
        for (auto const& name : needed) add(DT_NEEDED, string(name));
        if (!rpath.empty()) add(DT_RPATH, string(rpath));
        if (!runpath.empty()) add(DT_RUNPATH, string(runpath));
        std::vector<Elf64_Vernaux> entries;
        for (auto const& version : versions)
            entries.push_back({0, 0, 2, string(version), sizeof(Elf64_Vernaux)});
        if (!entries.empty()) entries.back().vna_next = 0;
        Elf64_Verneed const file{1, static_cast<Elf64_Half>(entries.size()), string("libc.so.6"),
                                 sizeof(Elf64_Verneed), 0};

        constexpr std::size_t segments = 3;
        auto const interpreter_at = sizeof(Elf64_Ehdr) + segments * sizeof(Elf64_Phdr);
        auto const strings_at = interpreter_at + interpreter.size() + 1;
        auto const versions_at = strings_at + strings.size();
        auto const dynamic_at = versions_at + sizeof file + entries.size() * sizeof(Elf64_Vernaux);
        add(DT_STRTAB, base + strings_at);
        add(DT_STRSZ, strings.size());
        if (!entries.empty()) {
            add(DT_VERNEED, base + versions_at);
            add(DT_VERNEEDNUM, 1);
        }
        add(DT_NULL, 0);
        auto const size = dynamic_at + dynamic.size() * sizeof(Elf64_Dyn);

        Elf64_Ehdr header{};
        std::copy_n(ELFMAG, SELFMAG, header.e_ident);
        header.e_ident[EI_CLASS] = ELFCLASS64;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_ident[EI_VERSION] = EV_CURRENT;
        header.e_type = ET_DYN;
        header.e_machine = machine;
        header.e_version = EV_CURRENT;
        header.e_phoff = sizeof header;
        header.e_ehsize = sizeof header;
        header.e_phentsize = sizeof(Elf64_Phdr);
        header.e_phnum = segments;

        std::string image;
        auto const append = [&](auto const& value) {
            image.append(reinterpret_cast<char const*>(&value), sizeof value); // NOLINT(*-reinterpret-cast)
        };
        append(header);
        append(Elf64_Phdr{PT_LOAD, PF_R, 0, base, base, size, size, 0x1000});
        append(Elf64_Phdr{interpreter.empty() ? Elf64_Word{PT_NULL} : Elf64_Word{PT_INTERP}, PF_R,
                          interpreter_at, base + interpreter_at, 0, interpreter.size() + 1, 0, 1});
        append(Elf64_Phdr{PT_DYNAMIC, PF_R, dynamic_at, base + dynamic_at, 0, size - dynamic_at, 0, 8});
        image += interpreter + '\0' + strings;
        append(file);
        for (auto const& entry : entries) append(entry);
        for (auto const& entry : dynamic) append(entry);
        return image;
    }
};

} // namespace spec_test
