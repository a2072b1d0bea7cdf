#pragma once

#include <ktest/run/beginnings.hpp>
#include <ktest/run/splat_frame.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace ktest {

/// What a line is in a report that has begun.
enum class splat_line {
    other,     ///< nothing that reports are known to hold: perhaps somebody else's
               ///< line
    lead,      ///< of a report, before its stack
    body,      ///< the stack, registers and what stands around them
    rule,      ///< `=====`, which ends the reports that it frames
    trace_end, ///< `---[ end trace`
    panic_end  ///< `---[ end Kernel panic`
};

namespace detail {

/// How lines begin that stand with a report's stack.
// clang-format off
inline constexpr beginnings body_starts{std::to_array<std::string_view>({
    "CPU:", "CPU: ", "Hardware name:", "Call Trace", "Call trace", "Backtrace:", "Modules linked in:", "RIP",
    "EIP", "RSP:", "RAX:", "RDX:", "RBP:", "R10:", "R13:", "FS:", "CS:", "CR2:", "DR0:", "DR3:", "PKRU:",
    "Code:", "EAX:", "ESI:", "DS:", "pc :", "lr :", "sp :", "PC is at", "LR is at", "pstate:", "x29:", "x2",
    "x1", "x8 ", "x9 ", "x5 ", "x6 ", "x3 ", "x0 ", "Workqueue:", "Tainted:", "task:", "stack:", "Stack:",
    "Process ", "Exception stack", "stack backtrace", "<TASK>", "</TASK>", "<IRQ>", "</IRQ>", "<NMI>",
    "</NMI>", "NMI backtrace", "Sending NMI", "Kernel Offset", "SMP: stopping", "Rebooting in",
    "CPU features:", "Memory Limit:", "PHYS_OFFSET", "note: ", "Fixing recursive fault", "Dumping ftrace",
    "Disabling lock debugging", "irq event stamp", "hardirqs last", "softirqs last", "Task dump for",
    "Last Breaking-Event-Address", "NIP", "LR [", "GPR", "CFAR", "Instruction dump", "---[ end",
    "Allocated by ", "Freed by ", "The buggy", "Memory state around", "Last potentially related", "page:",
    "page last", "page_owner", "page dumped", "flags:", "raw:", "head:", "ret_from_fork", "2 locks held",
    "1 lock held", "3 locks held", "4 locks held", "no locks held", "Showing all locks", "Object ",
    "Redzone ", "Padding ", "Reported by ", "value changed", "kworker/", "workqueue ", "pool ", "rcu: ",
    "rcu_",
})};
// clang-format on

/// How lines begin that stand between a headline and its stack.
// clang-format off
inline constexpr beginnings lead_starts{std::to_array<std::string_view>({
    "#PF:", "PGD ", "P4D ", "IP:", "IP ", "*pde", "*pdpt", "pgd =", "[0", "[f", "[d", "Mem abort info",
    "ESR =", "EC =", "SET =", "EA =", "FSC =", "Data abort info", "ISV =", "CM =", "user pgtable",
    "swapper pgtable", "KASAN: ", "Oops", "Internal error", "Read of size", "Write of size", "in_atomic",
    "preempt_count", "RCU nest depth", "INFO: ", "Preemption disabled", "other info", "Possible ", "Faulting",
    "BE ", "LE ", "SMP ", "Not tainted", "Tainted",
})};
// clang-format on

} // namespace detail

inline auto classify_splat_line(std::string_view text) -> splat_line {
    constexpr std::string_view end_mark = "---[ end ";
    if (auto const at = text.find(end_mark); at != std::string_view::npos) {
        auto const of = text.substr(at + end_mark.size());
        if (of.starts_with("Kernel panic")) return splat_line::panic_end;
        if (of.starts_with("trace")) return splat_line::trace_end;
    }
    constexpr std::size_t shortest = 20;
    if (text.size() >= shortest && text.find_first_not_of('=') == std::string_view::npos)
        return splat_line::rule;
    auto const indented = !text.empty() && (text.front() == ' ' || text.front() == '\t');
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (detail::lead_starts.match(text)) return splat_line::lead;
    if (detail::body_starts.match(text) || find_frame(text)) return splat_line::body;
    return indented || text.empty() || text.starts_with("---") ? splat_line::lead : splat_line::other;
}

} // namespace ktest
