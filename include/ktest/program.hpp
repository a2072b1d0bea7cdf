#pragma once

#include <ktest/result.hpp>

#include <range/v3/range/conversion.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/split.hpp>
#include <range/v3/view/transform.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace ktest {

/// Where programs are looked up: the directories of `path` (as PATH has them), then those of root's programs,
/// which a user's PATH often lacks (mke2fs, depmod).
inline auto program_directories(char const* path = std::getenv("PATH"))
    -> std::vector<std::filesystem::path> {
    std::string_view const given{path != nullptr ? path : ""};
    auto directories =
        given | ranges::views::split(':')
        | ranges::views::transform([](auto&& letters) { return letters | ranges::to<std::string>(); })
        | ranges::views::filter([](auto const& directory) { return !directory.empty(); })
        | ranges::to<std::vector<std::filesystem::path>>();
    directories.insert(directories.end(), {"/usr/local/sbin", "/usr/sbin", "/sbin"});
    return directories;
}

/// The program `name`. A missing one is an error that names the Debian package it is in.
inline auto find_program(std::string_view name, std::string_view package) -> result<std::filesystem::path> {
    for (auto const& directory : program_directories()) {
        auto const candidate = directory / name;
        std::error_code ignored;
        if (::access(candidate.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(candidate, ignored))
            return candidate;
    }
    return unavailable("{} is not installed: apt-get install {}", name, package);
}

} // namespace ktest
