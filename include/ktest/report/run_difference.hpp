#pragma once

#include <ktest/report/printable.hpp>
#include <ktest/report/run_report.hpp>

#include <cctype>
#include <charconv>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

/// One of two runs that should have said the same.
struct compared_run {
    std::string_view how; ///< `booted`, `restored`
    run_report const& report;
    std::vector<std::string> const& warnings; ///< of the kernel
};

namespace detail {

/// Without what differs from run to run: numbers, addresses, process ids.
inline auto without_numbers(std::string_view text) -> std::string {
    std::string plain;
    for (std::size_t i = 0; i < text.size();) {
        auto const end = text.find_first_not_of("0123456789abcdefABCDEFx.", i);
        auto const word = text.substr(i, end == std::string_view::npos ? end : end - i);
        auto const is_number = !word.empty() && std::isdigit(static_cast<unsigned char>(word.front())) != 0;
        plain += is_number ? "N" : word.empty() ? text.substr(i, 1) : word;
        i += std::max<std::size_t>(word.size(), 1);
    }
    return plain;
}

/// Whether a disk's error is of what was read ahead (REQ_RAHEAD of linux/blk_types.h): a kernel that goes
/// down has its disks drop such requests, or not, as it happens; who wants the data reads it once more.
inline auto is_failed_readahead(std::string_view warning) -> bool {
    constexpr std::string_view mark = ":(READ) flags 0x";
    constexpr auto readahead = 1U << 19U;
    auto const at = warning.find(mark);
    if (!warning.starts_with("I/O error, dev ") || at == std::string_view::npos) return false;
    auto const digits = warning.substr(at + mark.size());
    unsigned flags = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), flags, 16);
    return (flags & readahead) != 0;
}

/// Whether a kernel's line tells how long its host let it wait, that its disks got their sizes late, or what
/// they did not read ahead.
inline auto is_of_the_machine(std::string_view warning) -> bool {
    return warning.starts_with("hrtimer: interrupt took ")
           || warning.starts_with("perf: interrupt took too long")
           || warning.starts_with("set_capacity_and_notify: ") || is_failed_readahead(warning);
}

/// Everything that a run said but its verdict.
inline auto told(compared_run const& run) -> std::set<std::string> {
    std::set<std::string> all;
    for (auto const& one : run.report.subtests)
        all.insert(fmt::format("subtest {}: {}", one.name, to_string(one.what)));
    for (auto const& text : run.warnings)
        if (!is_of_the_machine(text)) all.insert("kernel: " + without_numbers(text));
    return all;
}

} // namespace detail

/// What two runs of one test did not say alike, a line each: the verdict, subtests, the kernel's warnings.
/// Numbers in a text are no difference, nor is how long the host let a guest wait.
inline auto differences_between(compared_run const& one, compared_run const& other)
    -> std::vector<std::string> {
    std::vector<std::string> lines;
    auto const verdict_of = [](compared_run const& run) {
        return fmt::format("{} {}", name(run.report.verdict), reason(run.report.verdict));
    };
    if (detail::without_numbers(verdict_of(one)) != detail::without_numbers(verdict_of(other)))
        lines.push_back(fmt::format("{}: {}; {}: {}", one.how, printable_line(verdict_of(one)), other.how,
                                    printable_line(verdict_of(other))));
    for (auto const& [ours, theirs] : {std::pair{&one, &other}, std::pair{&other, &one}}) {
        auto const known = detail::told(*theirs);
        for (auto const& text : detail::told(*ours))
            if (!known.contains(text))
                lines.push_back(fmt::format("only {}: {}", ours->how, printable_line(text)));
    }
    return lines;
}

} // namespace ktest
