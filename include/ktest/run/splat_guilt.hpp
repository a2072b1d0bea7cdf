#pragma once

#include <ktest/digest.hpp>
#include <ktest/run/beginnings.hpp>
#include <ktest/run/is_word.hpp>
#include <ktest/run/splat_bystanders.hpp>
#include <ktest/run/splat_class.hpp>
#include <ktest/run/splat_frame.hpp>
#include <ktest/take_line.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

namespace detail {

/// Whether a line tells where the processor was: x86's RIP, arm64's pc.
inline auto tells_place(std::string_view line) -> bool {
    static constexpr beginnings starts{std::to_array<std::string_view>(
        {"RIP: ", "EIP: ", "RIP  [", "IP: ", "EIP is at ", "pc : ", "PC is at ", "NIP ", "IP is at "})};
    return starts.match(line);
}

inline auto begins_trace(std::string_view line) -> bool {
    static constexpr beginnings starts{
        std::to_array<std::string_view>({"Call Trace", "Call trace", "stack backtrace", "Backtrace:"})};
    return starts.match(line);
}

/// Stacks of another time than the report's: who allocated, who held a lock before.
inline auto begins_history(std::string_view line) -> bool {
    static constexpr beginnings starts{std::to_array<std::string_view>(
        {"Allocated by ", "Freed by ", "allocated by ", "freed by ", "Uninit was ",
         "Last potentially related", "Showing all locks", "Second to last", "-> #",
         "the existing dependency chain", "INFO: Allocated in", "INFO: Freed in", "Allocated in ",
         "Freed in "})};
    return starts.match(line);
}

/// arm's link register: where the processor would have returned to.
inline auto tells_caller(std::string_view line) -> bool {
    static constexpr beginnings starts{std::to_array<std::string_view>({"lr : ", "LR is at"})};
    return starts.match(line);
}

/// Whether a line of a report begins a trace.
inline auto has_trace(std::string_view report) -> bool {
    while (!report.empty())
        if (begins_trace(take_line(report))) return true;
    return false;
}

/// `foo` of "... in foo" and "... in foo / bar", which have no offsets.
inline auto named_function(std::string_view headline) -> std::string_view {
    constexpr std::string_view marker = " in ";
    auto const at = headline.find(marker);
    if (at == std::string_view::npos) return {};
    auto const rest = headline.substr(at + marker.size());
    auto const end = std::find_if_not(rest.begin(), rest.end(), is_word);
    auto const name = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    auto const after = rest.substr(name.size());
    return after.empty() || after.starts_with(" / ") || after.starts_with(" at ") || after.starts_with(".")
               ? name
               : std::string_view{};
}

inline void add_function(std::vector<std::string>& list, std::string_view name) {
    if (name.empty() || is_bystander(name) || (!list.empty() && list.back() == name)) return;
    list.emplace_back(name);
}

} // namespace detail

/// The functions that a report is about, the guilty one first: where its headline and the processor say it
/// was, then those of the stack, without bystanders; five at most.
inline auto accused_functions(splat_class kind, std::string_view headline, std::string_view report)
    -> std::vector<std::string> {
    constexpr std::size_t enough = 5;
    std::vector<std::string> places, stack;
    if (kind != splat_class::lockup && kind != splat_class::locking) {
        // ODEBUG's hint is the callback, not who called.
        auto const hints = headline.find(" hint: ") != std::string_view::npos;
        if (auto const frame = find_frame(headline); frame && !hints)
            detail::add_function(places, frame->function);
        else if (kind == splat_class::memory)
            detail::add_function(places, detail::named_function(headline));
    }
    // A lock's history and a report's holders of it come before the stack that matters.
    auto reads = kind != splat_class::locking || !detail::has_trace(report);
    while (!report.empty()) {
        auto text = take_line(report);
        if (text == headline) continue;
        text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
        if (detail::begins_history(text)) reads = false;
        if (detail::begins_trace(text)) {
            if (!stack.empty() && kind != splat_class::lockup) break;
            reads = true;
        }
        if (detail::tells_place(text)) {
            // A report of a lock or of memory has a place of the user's entry only.
            if (auto const frame = find_frame(text);
                frame && kind != splat_class::memory && kind != splat_class::locking)
                detail::add_function(places, frame->function);
            continue;
        }
        if (!reads || stack.size() >= enough || detail::tells_caller(text)) continue;
        // arm names caller and callee in a line: "(f) from (g+0x1/0x2)"; only x86's guesses are marked.
        if (auto const frame = find_frame(text); frame && !frame->guess)
            detail::add_function(stack, frame->function);
    }
    if (places.size() > 1 && kind == splat_class::lockup) places.resize(1);
    for (auto& name : stack)
        if (places.size() < enough && std::find(places.begin(), places.end(), name) == places.end())
            places.push_back(std::move(name));
    if (places.size() > enough) places.resize(enough);
    return places;
}

namespace detail {

/// A title without ` [module]`: a fault is the same where its code is built in.
inline auto without_modules(std::string_view title) -> std::string {
    std::string kept;
    for (;;) {
        auto const open = title.find(" [");
        kept += title.substr(0, open);
        if (open == title.npos) return kept;
        title.remove_prefix(open);
        auto const end = std::find_if_not(title.begin() + 2, title.end(), is_word);
        auto const length = static_cast<std::size_t>(end - title.begin());
        auto const is_module = length > 2 && end != title.end() && *end == ']';
        if (!is_module) kept += title.substr(0, 2);
        title.remove_prefix(is_module ? length + 1 : 2);
    }
}

} // namespace detail

/// Names a report alike in every build of a kernel: 16 hexadecimal digits of its class, title and functions.
inline auto splat_fingerprint(splat_class kind, std::string_view title,
                              std::vector<std::string> const& functions) -> std::string {
    digest all;
    all.add(to_string(kind)).add(detail::without_modules(title));
    for (auto const& function : functions) all.add(function);
    constexpr std::size_t size = 16;
    return all.text().substr(0, size);
}

} // namespace ktest
