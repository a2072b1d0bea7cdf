#pragma once

#include <ktest/kernel/text_symbols.hpp>
#include <ktest/run/stack_line.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ktest {

/// Where an address lies in a file of debug info, as addr2line is asked for it.
struct file_address {
    std::size_t section = 0; ///< index; 0 for a vmlinux, whose addresses are as linked
    std::uint64_t address = 0;
    friend auto operator==(file_address const&, file_address const&) -> bool = default;
    friend auto operator<=>(file_address const&, file_address const&) = default;
};

/// A vmlinux or a module with debug info, in which lines of reports are looked up. It tells when it cannot be
/// the one that the kernel was: a function has another size.
class symbol_file {
public:
    /// The error says what the file lacks.
    static auto open(std::filesystem::path const& path) -> result<symbol_file> {
        auto object = elf_object::open(path);
        if (!object) return tl::unexpected{object.error()};
        if (object->section(".debug_line") == nullptr)
            return usage_error("{}: has no debug info (CONFIG_DEBUG_INFO)", path.string());
        auto symbols = text_symbols::read(*object);
        if (!symbols) return usage_error("{}: {}", path.string(), symbols.error().message);
        return symbol_file{path, std::move(*object), std::move(*symbols)};
    }

    auto path() const -> std::filesystem::path const& { return path_; }
    auto object() const -> elf_object const& { return object_; }
    /// Why it is not the file of the kernel that reports are of; empty: nothing says so.
    auto mismatch() const -> std::string const& { return mismatch_; }

    /// The one address that a line is; nullopt: it names no function of this file, or one of several that
    /// look alike, or there is a mismatch. `is_instruction`: see stack_line.
    auto locate(stack_line const& line, bool is_instruction) -> std::optional<file_address> {
        auto const named = symbols_.find(detail::without_hash(line.function));
        std::optional<text_symbol> only;
        for (auto const& symbol : named) {
            if (!fits(symbol, line.size)) continue;
            if (only && (only->address != symbol.address || only->section != symbol.section))
                return std::nullopt;
            only = symbol;
        }
        if (!only && !named.empty() && mismatch_.empty())
            mismatch_ = fmt::format("{} has {:#x} bytes in the report, {:#x} there", line.function, line.size,
                                    named.front().size);
        // A doubtful return to a function's very end is most likely a pointer to the next function.
        auto const is_end = line.offset == line.size && line.is_doubtful;
        if (!only || line.offset > line.size || is_end) return std::nullopt;
        return in_function(*only, line.offset, is_instruction);
    }

    /// The address of a vmlinux, as linked, that a line which names no function is.
    auto locate(std::uint64_t address, bool is_instruction) const -> std::optional<file_address> {
        auto const symbol = symbols_.at(address);
        if (symbol.size == 0) return std::nullopt;
        return in_function(symbol, address - symbol.address, is_instruction);
    }

    /// The address of a function, by which a place that everybody knows is found; nullopt: there is none.
    auto address_of(std::string_view function) const -> std::optional<file_address> {
        auto const named = symbols_.find(function);
        if (named.size() != 1) return std::nullopt;
        return in_function(named.front(), 0, true);
    }

private:
    symbol_file(std::filesystem::path path, elf_object object, text_symbols symbols)
        : path_{std::move(path)}, object_{std::move(object)}, symbols_{std::move(symbols)} {}

    static auto fits(text_symbol const& symbol, std::uint64_t size) -> bool {
        return size == symbol.size || size == symbol.size_with_page;
    }

    auto in_function(text_symbol const& symbol, std::uint64_t offset, bool is_instruction) const
        -> file_address {
        // A call's return address may be in the next line already, or behind the function's end.
        auto const back = !is_instruction && offset > 0 ? 1U : 0U;
        return {object_.is_relocatable() ? symbol.section : 0, symbol.address + offset - back};
    }

    std::filesystem::path path_;
    elf_object object_;
    text_symbols symbols_;
    std::string mismatch_;
};

} // namespace ktest
