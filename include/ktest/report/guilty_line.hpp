#pragma once

#include <ktest/report/printable.hpp>
#include <ktest/run/splat.hpp>

#include <string>
#include <string_view>

namespace ktest {

/// `path:line: error: title`, which editors understand, of a report whose guilty function is at `path:line`.
inline auto guilty_line(std::string_view source_line, splat const& what) -> std::string {
    return printable_line(fmt::format("{}: error: {}", source_line, what.title));
}

} // namespace ktest
