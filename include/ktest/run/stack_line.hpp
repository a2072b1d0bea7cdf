#pragma once

// Where in the kernel's code a line of its log points: `func+0x12/0x34 [module]`, as the kernel's %pS and %pB
// print it, in whatever surrounds it; without kallsyms a bare address.

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ktest {

struct stack_line {
    std::string function; ///< empty: only the address is known
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string module;        ///< empty: the kernel itself
    std::string build_id;      ///< of the module, where the kernel prints it (CONFIG_STACKTRACE_BUILD_ID)
    std::uint64_t address = 0; ///< as printed; 0: it was not
    /// The instruction itself (a program counter). Else it is where a call returns to: the call stands
    /// before.
    bool is_instruction = false;
    bool is_doubtful = false; ///< `? func`: found on the stack, perhaps not of this trace
    std::size_t column = 0;   ///< where in the line it begins
    friend auto operator==(stack_line const&, stack_line const&) -> bool = default;
};

namespace detail {

inline auto is_symbol_letter(char c) -> bool {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.'
           || c == '$';
}

/// Takes `0x<hex>` from the front.
inline auto take_hex(std::string_view& text) -> std::optional<std::uint64_t> {
    if (text.substr(0, 2) != "0x") return std::nullopt;
    std::uint64_t value = 0;
    auto const [end, failed] = std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
    if (failed != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

/// Takes ` [name]` or ` [name build-id]` from the front.
inline void take_module(std::string_view& text, stack_line& line) {
    auto const end = text.find(']');
    if (text.substr(0, 2) != " [" || end == std::string_view::npos) return;
    auto const inside = text.substr(2, end - 2);
    auto const name = inside.substr(0, inside.find(' '));
    for (auto const letter : name)
        if (!is_symbol_letter(letter) && letter != '-') return;
    if (name.empty()) return;
    line.module = name;
    line.build_id = inside.substr(std::min(name.size() + 1, inside.size()));
    text.remove_prefix(end + 1);
}

/// Takes groups `[<ffffffff81234567>] ` (x86 and arm before 4.10) and `[c000000000123456] ` (powerpc) from
/// the end; gives the first one's address.
inline auto take_bracketed(std::string_view& before) -> std::uint64_t {
    std::uint64_t address = 0;
    for (;;) {
        auto const rest = before.substr(0, before.find_last_not_of(' ') + 1);
        auto const open = rest.rfind('[');
        if (rest.empty() || rest.back() != ']' || open == std::string_view::npos) return address;
        auto digits = rest.substr(open + 1, rest.size() - open - 2);
        if (digits.size() > 2 && digits.front() == '<' && digits.back() == '>')
            digits = digits.substr(1, digits.size() - 2);
        std::uint64_t value = 0;
        auto const [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        constexpr std::size_t shortest = 8;
        if (failed != std::errc{} || end != digits.data() + digits.size() || digits.size() < shortest)
            return address;
        address = value;
        before = rest.substr(0, open);
    }
}

inline auto ends_with(std::string_view text, std::string_view end) -> bool {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// `RIP: 0010:`, with any segment.
inline auto ends_with_rip(std::string_view before) -> bool {
    constexpr std::size_t segment = 5; // `0010:`
    return ends_with(before, ":") && before.size() > segment
           && ends_with(before.substr(0, before.size() - segment), "IP: ");
}

/// Whether what stands before the function says that it is a program counter.
inline auto names_instruction(std::string_view before, std::string_view after) -> bool {
    constexpr std::array<std::string_view, 6> marks{"pc : ", "PC is at ", "IP: ", "RIP ", "NIP ", "epc : "};
    for (auto const mark : marks)
        if (ends_with(before, mark)) return true;
    if (ends_with_rip(before) || after.substr(0, 4) == " (P)") return true;
    return before.find("WARNING: ") != std::string_view::npos
           && before.find(" at ") != std::string_view::npos;
}

inline auto parse_function(std::string_view line, std::size_t plus) -> std::optional<stack_line> {
    auto begin = plus;
    while (begin > 0 && is_symbol_letter(line[begin - 1])) --begin;
    auto rest = line.substr(plus + 1);
    auto const offset = take_hex(rest);
    if (begin == plus || !offset || rest.substr(0, 1) != "/") return std::nullopt;
    rest.remove_prefix(1);
    auto const size = take_hex(rest);
    if (!size || (!rest.empty() && is_symbol_letter(rest.front()))) return std::nullopt;
    stack_line found{
        .function = std::string{line.substr(begin, plus - begin)}, .offset = *offset, .size = *size};
    found.column = begin;
    take_module(rest, found);
    auto before = line.substr(0, begin);
    if (ends_with(before, "? ")) {
        found.is_doubtful = true;
        before.remove_suffix(2);
    }
    found.address = take_bracketed(before);
    found.is_instruction = names_instruction(before, rest);
    return found;
}

/// A line of a trace or a program counter that is nothing but an address of the kernel's half.
inline auto parse_address(std::string_view line) -> std::optional<stack_line> {
    auto const begin = line.rfind("0x");
    if (begin == std::string_view::npos) return std::nullopt;
    auto rest = line.substr(begin);
    auto const address = take_hex(rest);
    constexpr auto kernel_half = 1ULL << 63U;
    if (!address || *address < kernel_half || rest.find_first_not_of(" \r") != std::string_view::npos)
        return std::nullopt;
    stack_line found{.address = *address, .column = begin};
    auto before = line.substr(0, begin);
    found.is_instruction = ends_with_rip(before) || ends_with(before, "pc : ");
    if (ends_with(before, "? ")) {
        found.is_doubtful = true;
        before.remove_suffix(2);
    }
    (void)take_bracketed(before);
    before = before.substr(0, before.find_last_not_of(' ') + 1);
    if (!found.is_instruction && !before.empty() && before.back() != ']') return std::nullopt;
    return found;
}

} // namespace detail

/// What a line says of a place in the code; nullopt: nothing. Prefixes (time, level, caller) do not matter.
inline auto parse_stack_line(std::string_view line) -> std::optional<stack_line> {
    for (auto plus = line.find("+0x"); plus != std::string_view::npos; plus = line.find("+0x", plus + 1))
        if (auto found = detail::parse_function(line, plus)) return found;
    return detail::parse_address(line);
}

} // namespace ktest
