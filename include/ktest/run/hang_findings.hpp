#pragma once

#include <ktest/run/cpu_state.hpp>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

/// x86's kernel panics so at an NMI that no device sends: ktest's own, when it asks a guest that hangs.
constexpr std::string_view panic_at_nmi = "NMI: Not continuing";

/// What was learnt from a guest that says nothing any more.
struct hang_findings {
    enum class answer { none, to_nmi, to_sysrq };
    bool qemu_answers = true; ///< to QMP
    answer kernel = answer::none;
    std::optional<char> init_state;            ///< as the kernel names it: R, S, D, T, t, ...
    std::vector<std::string> blocked;          ///< tasks that wait in the kernel: `dd (pid 312)`
    std::vector<std::vector<cpu_state>> looks; ///< at all CPUs, some time apart
    std::uint64_t seconds_silent = 0;          ///< until it was asked
    std::uint64_t flood = 0; ///< bytes that the console brought in that time, if it never paused
};

namespace detail {

/// `CPU 1 spins with interrupts off at 0xffffffff81000000`; empty for one that is idle, as it should be.
inline auto describe_cpu(std::vector<std::vector<cpu_state>> const& looks, std::size_t index) -> std::string {
    auto const always = [&](auto const& is) {
        return std::all_of(looks.begin(), looks.end(),
                           [&](auto const& look) { return index < look.size() && is(look[index]); });
    };
    auto const& last = looks.back()[index];
    auto const say = [&](std::string_view what) {
        return fmt::format("CPU {} {} at {:#x}", last.number, what, last.instruction);
    };
    if (always([](auto const& cpu) { return cpu.halted && !cpu.interrupts; }))
        return say("has halted with interrupts off");
    if (always([](auto const& cpu) { return !cpu.halted && !cpu.interrupts; }))
        return say("spins with interrupts off");
    if (always([](auto const& cpu) { return !cpu.halted && !cpu.in_user_space; }))
        return say("is busy in the kernel");
    if (always([](auto const& cpu) { return cpu.in_user_space; })) return say("is busy in user space");
    return {};
}

constexpr auto describe_init(char state) -> std::string_view {
    switch (state) {
    case 'T': return "init is stopped";
    case 't': return "init is stopped, by who traces it";
    case 'D': return "init is blocked in the kernel";
    case 'R': return "init would run, and is not let";
    default: return "";
    }
}

} // namespace detail

/// The findings in a phrase.
inline auto describe(hang_findings const& found) -> std::string {
    std::vector<std::string> parts;
    auto const bytes = found.flood < 1U << 20U ? fmt::format("{} KiB", found.flood >> 10U)
                                               : fmt::format("{} MiB", found.flood >> 20U);
    if (found.flood > 0)
        parts.push_back(
            fmt::format("user space was silent for {} s while the kernel flooded the console, with {}",
                        found.seconds_silent, bytes));
    else if (found.kernel == hang_findings::answer::to_sysrq)
        parts.push_back(
            fmt::format("user space was silent for {} s; the kernel answers", found.seconds_silent));
    else
        parts.push_back(fmt::format("the guest was silent for {} s; {}", found.seconds_silent,
                                    found.kernel == hang_findings::answer::none
                                        ? "the kernel answers neither SysRq nor an NMI"
                                        : "the kernel answers an NMI alone"));
    if (found.init_state)
        if (auto const words = detail::describe_init(*found.init_state); !words.empty())
            parts.emplace_back(words);
    if (!found.blocked.empty())
        parts.push_back(fmt::format("blocked in the kernel: {}", fmt::join(found.blocked, ", ")));
    if (!found.looks.empty())
        for (std::size_t i = 0; i < found.looks.back().size(); ++i)
            if (auto words = detail::describe_cpu(found.looks, i); !words.empty())
                parts.push_back(std::move(words));
    return fmt::format("{}", fmt::join(parts, "; "));
}

} // namespace ktest
