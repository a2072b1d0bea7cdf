#pragma once

#include <ktest/capture.hpp>
#include <ktest/spec/glibc_version.hpp>
#include <ktest/take_line.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gnu/libc-version.h>

namespace ktest {

/// Where this host's loader finds libraries.
struct host_libraries {
    std::map<std::string, std::vector<std::filesystem::path>, std::less<>> cache; ///< of ld.so, by soname
    std::vector<std::filesystem::path> directories; ///< looked at after the cache
    glibc_version libc;

    /// Every file that may be the library, best first; for several architectures, perhaps.
    auto candidates(std::string_view soname) const -> std::vector<std::filesystem::path> {
        std::vector<std::filesystem::path> files;
        if (auto const cached = cache.find(soname); cached != cache.end()) files = cached->second;
        for (auto const& directory : directories) files.push_back(directory / soname);
        return files;
    }
};

/// Reads `ldconfig -p`: lines `\tNAME (libc6,x86-64, ...) => PATH`. Variants for newer processors (hwcap) are
/// left out, for the guest's may be older.
inline auto parse_ldconfig(std::string_view text) {
    decltype(host_libraries::cache) cache;
    while (!text.empty()) {
        auto const line = take_line(text);
        auto const kind = line.find(" (");
        auto const arrow = line.find(" => ");
        if (line.substr(0, 1) != "\t" || kind == std::string_view::npos || arrow == std::string_view::npos)
            continue;
        if (arrow < kind || line.substr(kind, arrow - kind).find("hwcap") != std::string_view::npos) continue;
        cache[std::string{line.substr(1, kind - 1)}].emplace_back(line.substr(arrow + 4));
    }
    return cache;
}

/// This host's; without ldconfig the standard directories alone.
inline auto find_host_libraries() -> host_libraries {
    host_libraries host;
    if (auto const listed = capture({.arguments = {"/sbin/ldconfig", "-p"}, .environment = {{"LC_ALL=C"}}}))
        host.cache = parse_ldconfig(listed->out);
    host.directories = {"/lib64", "/usr/lib64", "/lib", "/usr/lib"};
    host.libc = parse_glibc_version(::gnu_get_libc_version()).value_or(glibc_version{});
    return host;
}

} // namespace ktest
