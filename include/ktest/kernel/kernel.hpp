#pragma once

#include <filesystem>
#include <string>

namespace ktest {

/// A kernel that can be booted, and what came with it.
struct kernel {
    std::string name;              ///< as the user knows it: `default`, a path, ...
    std::filesystem::path image;   ///< bzImage or vmlinux
    std::string release;           ///< `uname -r`
    std::filesystem::path modules; ///< `.../lib/modules/<release>`; empty: everything is built in
    std::filesystem::path config;  ///< its .config; empty where none came with it
    std::filesystem::path symbols; ///< its vmlinux, for debuggers; empty where there is none
    friend auto operator==(kernel const&, kernel const&) -> bool = default;
};

} // namespace ktest
