#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ktest::init {

/// A small file without the white space at its end; empty where it cannot be read.
auto read_text(std::string const& path) -> std::string;

/// Makes or replaces a file; false: errno tells.
auto write_text(std::string const& path, std::string_view text, unsigned mode = 0644) -> bool;

/// Writes to a file that is there: a switch of the kernel's under /proc or /sys. false: errno tells.
auto write_switch(std::string const& path, std::string_view text) -> bool;

/// Names in a directory but `.` and `..`, sorted; empty where there is none.
auto names_in(std::string const& directory) -> std::vector<std::string>;

} // namespace ktest::init
