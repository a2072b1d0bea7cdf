#pragma once

#include <ktest/run/kernel_reports.hpp>
#include <ktest/run/log_facts.hpp>
#include <ktest/run/symbolise.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

/// `path:line` of a report's guilty function, to be opened from `directory`; empty: it is not known.
inline auto source_line(splat const& what, symbolised_report const& symbols,
                        std::filesystem::path const& directory) -> std::string {
    auto const place = place_of(symbols, what.guilty_function);
    if (what.guilty_function.empty() || !place) return {};
    return fmt::format("{}:{}", openable(symbols, *place, directory), place->line);
}

/// Adds lines of source to a run's reports, where `source` has a vmlinux; `log` is the kernel's, from its
/// boot on. Gives what is to be said about what could not be found.
inline auto symbolise_reports(std::vector<kernel_report>& reports, symbol_source source, std::string_view log)
    -> std::vector<std::string> {
    if (reports.empty() || source.vmlinux.empty()) return {};
    log_facts facts;
    detail::for_each_piece(log, "\n", [&](std::string_view line) { facts.read(line); });
    source.banner = facts.banner();
    if (!source.text) source.text = facts.text();
    std::vector<std::string> texts;
    for (auto const& report : reports) texts.push_back(report.what.text);
    auto const symbols = symbolise(texts, source);
    std::error_code ignored;
    auto const directory = std::filesystem::current_path(ignored);
    for (std::size_t i = 0; i < reports.size(); ++i) {
        reports[i].symbolised = to_string(symbols.reports[i]);
        reports[i].source_line = source_line(reports[i].what, symbols.reports[i], directory);
    }
    return symbols.notes;
}

} // namespace ktest
