#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ktest {

/// What one virtual CPU was doing when it was looked at.
struct cpu_state {
    unsigned number = 0;
    std::uint64_t instruction = 0; ///< its address
    bool interrupts = false;       ///< are on
    bool halted = false;
    bool in_user_space = false;
    friend auto operator==(cpu_state const&, cpu_state const&) -> bool = default;
};

namespace detail {

template<class Integer>
auto number_after(std::string_view text, std::string_view word, int base) -> std::optional<Integer> {
    auto const at = text.find(word);
    Integer value{};
    if (at == text.npos) return std::nullopt;
    text.remove_prefix(at + word.size());
    if (std::from_chars(text.data(), text.data() + text.size(), value, base).ec != std::errc{})
        return std::nullopt;
    return value;
}

} // namespace detail

/// Reads what QEMU's monitor says to `info registers -a` of an x86 machine; CPUs that it does not
/// understand are left out.
inline auto parse_cpu_states(std::string_view text) -> std::vector<cpu_state> {
    using detail::number_after;
    std::vector<cpu_state> states;
    constexpr std::string_view head = "CPU#";
    for (auto at = text.find(head); at != text.npos;) {
        auto const next = text.find(head, at + 1);
        auto const one = text.substr(at, next == text.npos ? next : next - at);
        at = next;
        auto const number = number_after<unsigned>(one, head, 10);
        auto const instruction = number_after<std::uint64_t>(one, "RIP=", 16);
        auto const flags = number_after<std::uint64_t>(one, "RFL=", 16);
        if (!number || !instruction || !flags) continue;
        states.push_back({.number = *number,
                          .instruction = *instruction,
                          .interrupts = (*flags & 0x200U) != 0,
                          .halted = number_after<unsigned>(one, "HLT=", 10) == 1U,
                          .in_user_space = number_after<unsigned>(one, "CPL=", 10) == 3U});
    }
    return states;
}

} // namespace ktest
