#pragma once

#include <ktest/kernel/elf_object.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

/// A function, or a label in assembly, and how long the kernel says that it is.
struct text_symbol {
    std::string_view name;
    std::uint64_t address = 0; ///< of a vmlinux: as linked; of a module: within its section
    std::uint64_t size = 0;    ///< up to the next symbol, as kallsyms counts: padding belongs to it
    std::size_t section = 0;   ///< index
    /// The same up to the end of a page, where it is the last of a module, whose code the kernel rounds up;
    /// else 0.
    std::uint64_t size_with_page = 0;
    friend auto operator==(text_symbol const&, text_symbol const&) -> bool = default;
};

namespace detail {

/// What kallsyms leaves out: marks of the assembler and of the linker (scripts/kallsyms.c).
inline auto is_mark(std::string_view name) -> bool {
    constexpr std::array<std::string_view, 6> prefixes{
        "$", ".L", "__efistub_", "__crc_", "__kcfi_typeid_", "__AArch64ADRPThunk_"};
    return name.empty() || std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
               return name.substr(0, prefix.size()) == prefix;
           });
}

/// Clang's hash of a static function that it moved; the kernel does not print it.
inline auto without_hash(std::string_view name) -> std::string_view {
    return name.substr(0, name.find(".llvm."));
}

} // namespace detail

/// The symbols of a vmlinux's or a module's code, by name and by address.
class text_symbols {
public:
    /// A usage error: it has no symbols (it was stripped).
    static auto read(elf_object const& object) -> result<text_symbols> {
        text_symbols symbols;
        auto const& sections = object.sections();
        auto const table = std::find_if(sections.begin(), sections.end(), [](elf_section const& section) {
            return section.header.sh_type == SHT_SYMTAB;
        });
        if (table == sections.end() || table->header.sh_link >= sections.size())
            return usage_error("has no symbols (it was stripped)");
        auto const entries = object.content(*table);
        auto strings = object.content(sections[table->header.sh_link]);
        if (!entries) return tl::unexpected{entries.error()};
        if (!strings) return tl::unexpected{strings.error()};
        symbols.strings_ = std::make_unique<std::string const>(std::move(*strings));
        symbols.lay_out(object);
        symbols.collect(*entries, object);
        symbols.measure();
        return symbols;
    }

    /// Every function of that name: static ones may share it.
    auto find(std::string_view name) const -> std::vector<text_symbol> {
        auto const [first, last] =
            std::equal_range(by_name_.begin(), by_name_.end(), text_symbol{name}, by_name);
        return {first, last};
    }

    /// The function that holds an address of a vmlinux; size 0: none does.
    auto at(std::uint64_t address) const -> text_symbol {
        auto next = std::upper_bound(by_address_.begin(), by_address_.end(), address,
                                     [](std::uint64_t a, text_symbol const& s) { return a < s.address; });
        if (next == by_address_.begin() || address - std::prev(next)->address >= std::prev(next)->size)
            return {};
        return *std::prev(next);
    }

private:
    static constexpr std::uint64_t init_text = 1ULL << 40U;

    static auto by_name(text_symbol const& left, text_symbol const& right) -> bool {
        return left.name < right.name;
    }

    /// Where sections of code begin and where code ends. The kernel lays a module's out one behind the other,
    /// those that it throws away after the start (.init) apart (kernel/module/main.c).
    void lay_out(elf_object const& object) {
        auto const& sections = object.sections();
        base_.resize(sections.size());
        is_module_ = object.is_relocatable();
        std::uint64_t core = 0;
        std::uint64_t init = init_text;
        for (std::size_t i = 0; i < sections.size(); ++i) {
            auto const& header = sections[i].header;
            if (!sections[i].is_code()) continue;
            if (!is_module_) {
                ends_.push_back(header.sh_addr + header.sh_size);
                continue;
            }
            auto& end = sections[i].name.compare(0, 5, ".init") == 0 ? init : core;
            auto const alignment = std::max<std::uint64_t>(header.sh_addralign, 1);
            base_[i] = (end + alignment - 1) / alignment * alignment;
            end = base_[i] + header.sh_size;
        }
        if (is_module_) ends_ = {core, init};
        std::sort(ends_.begin(), ends_.end());
    }

    void collect(std::string_view entries, elf_object const& object) {
        auto const& sections = object.sections();
        for (std::size_t at = 0; entries.size() - at >= sizeof(Elf64_Sym); at += sizeof(Elf64_Sym)) {
            Elf64_Sym symbol{};
            std::memcpy(&symbol, entries.data() + at, sizeof symbol);
            auto const type = ELF64_ST_TYPE(symbol.st_info);
            auto const section = std::size_t{symbol.st_shndx};
            if (section >= sections.size() || !sections[section].is_code() || type == STT_SECTION
                || type == STT_FILE)
                continue;
            auto const name = detail::without_hash(detail::text_at(*strings_, symbol.st_name));
            if (detail::is_mark(name)) continue;
            by_address_.push_back({name, base_[section] + symbol.st_value, 0, section});
        }
    }

    void measure() {
        auto const earlier = [](text_symbol const& left, text_symbol const& right) {
            return left.address < right.address;
        };
        std::stable_sort(by_address_.begin(), by_address_.end(), earlier);
        for (auto symbol = by_address_.begin(); symbol != by_address_.end(); ++symbol) {
            auto const next = std::upper_bound(symbol, by_address_.end(), *symbol, earlier);
            auto const end = std::upper_bound(ends_.begin(), ends_.end(), symbol->address);
            auto const is_last =
                next == by_address_.end() || (is_module_ && end != ends_.end() && next->address >= *end);
            if (!is_last)
                symbol->size = next->address - symbol->address;
            else if (end != ends_.end())
                symbol->size = *end - symbol->address;
            constexpr std::uint64_t page = 4096;
            if (is_last && is_module_)
                symbol->size_with_page =
                    (symbol->address + symbol->size + page - 1) / page * page - symbol->address;
        }
        for (auto& symbol : by_address_) symbol.address -= base_[symbol.section];
        by_name_ = by_address_;
        std::stable_sort(by_name_.begin(), by_name_.end(), by_name);
    }

    std::unique_ptr<std::string const> strings_; ///< on the heap: names are views into it
    std::vector<text_symbol> by_address_;
    std::vector<text_symbol> by_name_;
    std::vector<std::uint64_t> base_; ///< of each section; 0 in a vmlinux, where symbols have addresses
    std::vector<std::uint64_t> ends_;
    bool is_module_ = false;
};

} // namespace ktest
