#pragma once

#include <ktest/run/is_word.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace ktest {

namespace detail {

inline auto is_hex(char c) -> bool {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/// The kernel's own path of a source file: without the directories that the build was in.
inline auto source_path(std::string_view path) -> std::string_view {
    while (path.starts_with("../") || path.starts_with("./")) path.remove_prefix(path.find('/') + 1);
    if (!path.starts_with('/')) return path;
    for (std::string_view const top :
         {"/arch/", "/block/", "/crypto/", "/drivers/", "/fs/", "/include/", "/init/", "/io_uring/", "/ipc/",
          "/kernel/", "/lib/", "/mm/", "/net/", "/rust/", "/samples/", "/security/", "/sound/", "/virt/"})
        if (auto const at = path.find(top); at != std::string_view::npos) return path.substr(at + 1);
    return path;
}

/// What a word becomes that is the same in every run: addresses `ADDR`, numbers `N`; nothing else changes.
inline auto general_word(std::string_view word) -> std::string {
    if (word.starts_with("CPU") && word.find_first_not_of("0123456789", 3) == std::string_view::npos
        && word.size() > 3)
        return "CPUN";
    if (word.starts_with("0x") && word.size() > 2) return word.size() > 10 ? "ADDR" : "N";
    auto hex = true, digits = true, letters = false;
    std::size_t leading = 0;
    for (auto const c : word) {
        hex = hex && is_hex(c);
        digits = digits && c >= '0' && c <= '9';
        letters = letters || c > '9';
        if (digits) ++leading;
    }
    if (hex && (word.size() >= 12 || (word.size() >= 8 && letters && leading < word.size()))) return "ADDR";
    if (digits) return word.size() == 8 || word.size() == 16 ? "ADDR" : "N";
    if (hex && leading > 0 && word.size() > 3) return "N";
    auto const unit = word.substr(leading);
    if (leading > 0 && (unit == "s" || unit == "ms" || unit == "us" || unit == "ns"))
        return "N" + std::string{unit};
    return std::string{word};
}

/// What ends the part of a headline that tells the fault: what stands behind is of this one run.
inline constexpr auto title_ends =
    std::to_array<std::string_view>({" at addr ", " total-vm:", " cpus=", " { ", "! ["});

/// Without those parts, and without `: 0000 [#1] SMP` and `(Tainted: G O)`; the whole where that leaves
/// nothing.
inline auto telling_part(std::string_view headline) -> std::string {
    auto line = headline;
    if (auto const tail = line.find(" [#"); tail != std::string_view::npos) {
        line = line.substr(0, tail);
        if (auto const code = line.rfind(": ");
            code != std::string_view::npos
            && line.find_first_not_of("0123456789abcdef", code + 2) == std::string_view::npos)
            line = line.substr(0, code);
    }
    for (auto const end : title_ends)
        if (auto const at = line.find(end); at != std::string_view::npos)
            line = line.substr(0, at + (end.front() == '!' ? 1 : 0));
    std::string told{line};
    for (std::string_view const taint : {" (Tainted: ", " (Not tainted"})
        if (auto const at = told.find(taint); at != std::string::npos)
            told.erase(at, std::min(told.find(')', at), told.size() - 1) + 1 - at);
    return told.find_first_not_of(" \t[]") == std::string::npos ? std::string{headline} : told;
}

/// Removes what compilers append to the names of functions that they split, which differs from build to
/// build.
inline void remove_clone_suffixes(std::string& title) {
    for (std::string_view const suffix : {".cold.N", ".cold", ".constprop.N", ".isra.N", ".part.N"})
        for (auto at = title.find(suffix); at != std::string::npos; at = title.find(suffix, at))
            title.erase(at, suffix.size());
}

} // namespace detail

/// A headline as it is in every run and build: without offsets in functions, compilers' suffixes of their
/// names, line numbers, directories of the build and a trailing `: 0000 [#1] SMP`; addresses are `ADDR`,
/// other numbers `N`.
inline auto general_title(std::string_view headline) -> std::string {
    constexpr std::size_t longest_line = 1024; // the kernel's own limit
    auto const told = detail::telling_part(headline.substr(0, longest_line));
    std::string_view line = told;
    std::string title;
    while (!line.empty()) {
        auto const in_path = [](char c) { return detail::is_word(c) || c == '/' || c == '.' || c == '-'; };
        if (!detail::is_word(line.front()) && !in_path(line.front())) {
            auto const offset = line.starts_with("+0x");
            if (!offset) title += line.front();
            line.remove_prefix(1);
            if (!offset) continue;
            while (!line.empty() && (detail::is_word(line.front()) || line.front() == '/'))
                line.remove_prefix(1);
            continue;
        }
        std::size_t size = 0;
        while (size < line.size() && in_path(line[size])) ++size;
        auto const path = line.substr(0, size);
        auto const is_source =
            path.ends_with(".c") || path.ends_with(".h") || path.ends_with(".rs") || path.ends_with(".S");
        if (is_source) {
            title += detail::source_path(path);
            line.remove_prefix(size);
            while (line.size() > 1 && line[0] == ':' && line[1] >= '0' && line[1] <= '9')
                line.remove_prefix(std::min(line.find_first_not_of("0123456789", 1), line.size()));
            continue;
        }
        size = 0;
        while (size < line.size() && detail::is_word(line[size])) ++size;
        if (size == 0) size = 1;
        auto const word = line.substr(0, size);
        // kworker/u4:1: how many processors there are
        auto const unbound = word.size() > 1 && word[0] == 'u' && title.ends_with("kworker/");
        title += unbound ? "uN" : detail::general_word(word);
        line.remove_prefix(size);
    }
    detail::remove_clone_suffixes(title);
    constexpr std::string_view idle = " \t[]";
    title.erase(title.find_last_not_of(" \t") + 1);
    title.erase(0, std::min(title.find_first_not_of(idle), title.size()));
    if (title.ends_with(" ]")) title.resize(title.size() - 2);
    constexpr std::size_t longest = 200;
    if (title.size() > longest) title.resize(longest);
    return title;
}

} // namespace ktest
