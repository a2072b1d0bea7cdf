#pragma once

#include <fmt/core.h>

#include <cctype>
#include <charconv>
#include <filesystem>
#include <string>
#include <string_view>

namespace ktest {

/// A step of kbuild's short output, `  CC      drivers/md/md.o`; empty: the line is none, or one of those
/// that come where nothing is built, too.
inline auto build_step(std::string_view line) -> std::string_view {
    if (!line.starts_with("  ") || line.size() < 4 || std::isupper(static_cast<unsigned char>(line[2])) == 0)
        return {};
    line.remove_prefix(2);
    auto const what = line.substr(0, line.find(' '));
    if (what.size() == line.size()) return {};
    for (std::string_view const always : {"CALL", "CHK", "DESCEND"})
        if (what == always) return {};
    if (what == "GEN" && line.ends_with(" Makefile")) return {};
    return line;
}

/// What tells how far a build is: `drivers/md/md.o, 17 of the 2310 steps of the last build`. `before` is 0
/// where nothing was built yet.
inline auto build_progress(std::string_view step, unsigned done, unsigned before) -> std::string {
    auto const file = step.substr(step.find_last_of(' ') + 1);
    if (before == 0) return fmt::format("building the kernel: {} steps, {}", done, file);
    return fmt::format("building the kernel: {} steps (the last build: {}), {}", done, before, file);
}

/// Whether an error of a build is the host's: another machine could build the same source.
inline auto is_hosts_fault(std::string_view line) -> bool {
    for (std::string_view const phrase :
         {"No space left on device", "Disk quota exceeded", "Cannot allocate memory", "out of memory",
          "virtual memory exhausted", "Read-only file system", "Permission denied", "Input/output error",
          "Too many open files", "Killed signal terminated program", "command not found", ": not found"})
        if (line.find(phrase) != std::string_view::npos) return true;
    return false;
}

/// A line of the compiler with names that can be opened from where the user stands: kbuild compiles in a
/// build directory below the source, and calls that `..`.
inline auto with_readable_names(std::string_view line, std::string_view source) -> std::string {
    constexpr std::string_view up = "../";
    std::string text;
    for (std::size_t at = 0; at < line.size();) {
        auto const begins_word =
            at == 0 || std::string_view{" \t'\"(,"}.find(line[at - 1]) != std::string_view::npos;
        if (begins_word && line.substr(at).starts_with(up) && !line.substr(at + up.size()).starts_with(up)) {
            text += source;
            at += up.size();
        } else {
            text += line[at++];
        }
    }
    return text;
}

} // namespace ktest
