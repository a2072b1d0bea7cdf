#pragma once

#include <ktest/report/printable.hpp>
#include <ktest/run/splat.hpp>
#include <ktest/run/symbolised_report.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace ktest {

/// `path:line: error: title` of a report's guilty function, which editors in `directory` understand; nullopt:
/// its line of source is not known.
inline auto guilty_line(splat const& report, symbolised_report const& symbols,
                        std::filesystem::path const& directory) -> std::optional<std::string> {
    auto const place = place_of(symbols, report.guilty_function);
    if (report.guilty_function.empty() || !place) return std::nullopt;
    return printable_line(
        fmt::format("{}:{}: error: {}", openable(symbols, *place, directory), place->line, report.title));
}

} // namespace ktest
