#pragma once

#include <ktest/run/addr2line.hpp>
#include <ktest/run/stack_line.hpp>
#include <ktest/take_line.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

struct symbolised_line {
    std::string raw;
    std::optional<stack_line> stack; ///< where in the code it points, by its own words
    inlined_places places;           ///< empty: nothing is known of it
};

/// A report of the kernel, with the lines of source that its own lines are.
struct symbolised_report {
    std::filesystem::path root; ///< of the kernel's source; empty: not known
    std::vector<symbolised_line> lines;

    explicit symbolised_report(std::string_view text) {
        while (!text.empty()) {
            auto const line = take_line(text);
            lines.push_back({.raw = std::string{line}, .stack = parse_stack_line(line)});
        }
    }
};

namespace detail {

/// As one writes it in the kernel's source tree: `drivers/tty/sysrq.c`.
inline auto name_in_tree(std::filesystem::path const& root, std::string const& file) -> std::string {
    auto const plain = std::filesystem::path{file}.lexically_normal();
    auto const relative = root.empty() ? std::filesystem::path{} : plain.lexically_relative(root);
    return relative.empty() || *relative.begin() == ".." ? plain.string() : relative.string();
}

/// Compilers name what they make of a function after it: `func.isra.0`, `func.cold`.
inline auto plain_function(std::string_view name) { return name.substr(0, name.find('.')); }

} // namespace detail

/// The source tree's root, told by a file whose place in it is known.
inline auto source_root(inlined_places const& start_kernel) -> std::filesystem::path {
    constexpr std::string_view known = "/init/main.c";
    if (start_kernel.empty()) return {};
    auto const file = std::filesystem::path{start_kernel.back().file}.lexically_normal().string();
    if (!detail::ends_with(file, known)) return {};
    return file.substr(0, file.size() - known.size());
}

/// The report with ` (file:line)` behind each line that is known, and below it, indented, what is inlined
/// there, from the outside in. What the kernel printed stays as it is.
inline auto to_string(symbolised_report const& report) -> std::string {
    std::string text;
    for (auto const& line : report.lines) {
        text += line.raw;
        auto const carriage_return = !line.raw.empty() && line.raw.back() == '\r';
        if (carriage_return) text.pop_back();
        for (auto place = line.places.rbegin(); place != line.places.rend(); ++place) {
            auto const where =
                fmt::format("{}:{}", detail::name_in_tree(report.root, place->file), place->line);
            if (place != line.places.rbegin())
                text += fmt::format("\n{:{}}in {} ({})", "", line.stack->column + 2, place->function, where);
            else if (line.stack->function.empty())
                text += fmt::format(" ({} {})", place->function, where);
            else
                text += fmt::format(" ({})", where);
        }
        text += '\n';
    }
    return text;
}

/// Where the report's first line in `function` is: the function's own line, not one that is inlined there.
inline auto place_of(symbolised_report const& report, std::string_view function)
    -> std::optional<source_place> {
    for (auto const is_doubtful : {false, true})
        for (auto const& line : report.lines) {
            if (line.places.empty() || line.stack->is_doubtful != is_doubtful) continue;
            auto const& name =
                line.stack->function.empty() ? line.places.back().function : line.stack->function;
            if (detail::plain_function(name) == detail::plain_function(function)) return line.places.back();
        }
    return std::nullopt;
}

/// The file of a place as it can be opened from `directory`: relative where it lies below, absolute
/// elsewhere; where it is not on this machine, as it is named in the kernel's tree.
inline auto openable(symbolised_report const& report, source_place const& place,
                     std::filesystem::path const& directory) -> std::string {
    auto const file = std::filesystem::path{place.file}.lexically_normal();
    std::error_code ignored;
    if (!file.is_absolute() || !std::filesystem::exists(file, ignored))
        return detail::name_in_tree(report.root, place.file);
    return detail::name_in_tree(directory, place.file);
}

} // namespace ktest
