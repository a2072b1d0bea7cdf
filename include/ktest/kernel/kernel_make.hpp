#pragma once

#include <ktest/child_process.hpp>
#include <ktest/kernel/source_tree.hpp>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

namespace ktest {

namespace detail {

/// Where distributions keep links of the compilers' names to ccache: with such a directory first on PATH
/// the command lines that kbuild compares are the same with ccache and without.
constexpr std::array ccache_directories{"/usr/lib/ccache", "/usr/lib64/ccache"};

inline auto path_with_ccache() -> std::string {
    auto const* const path = std::getenv("PATH");
    std::string const given = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
    std::error_code ignored;
    for (auto const* directory : ccache_directories)
        if (std::filesystem::is_directory(directory, ignored) && given.find(directory) == std::string::npos)
            return fmt::format("{}:{}", directory, given);
    return given;
}

} // namespace detail

/// make for this tree with the words (targets, options) given; every call has the same arguments otherwise,
/// so that nothing is built again for nothing. ARCH, CROSS_COMPILE, LLVM, CC and HOSTCC are the caller's; an
/// outer make's own variables are not passed on.
inline auto kernel_make(source_tree const& tree, std::vector<std::string> const& words) -> command {
    command make{.arguments = {"make", "-C", tree.source.string()}, .guarded = true};
    if (!tree.in_place) make.arguments.push_back("O=" + tree.build.string());
    for (auto const* name : {"ARCH", "CROSS_COMPILE", "LLVM", "CC", "HOSTCC"})
        if (auto const* const value = std::getenv(name); value != nullptr && *value != '\0')
            make.arguments.push_back(fmt::format("{}={}", name, value));
    make.arguments.insert(make.arguments.end(), words.begin(), words.end());

    make.environment.emplace();
    for (auto* const* variable = environ; *variable != nullptr; ++variable) {
        std::string_view const text{*variable};
        auto const name = text.substr(0, text.find('='));
        auto passed = true;
        for (auto const* outer :
             {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "KBUILD_OUTPUT", "PATH"})
            passed = passed && name != outer;
        if (passed) make.environment->emplace_back(text);
    }
    make.environment->push_back("PATH=" + detail::path_with_ccache());
    return make;
}

} // namespace ktest
