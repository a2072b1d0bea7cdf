#pragma once

#include <ktest/program.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ktest {

/// The name under which a requirement arrives in /cdrom: `lib/foo.sh` as `foo.sh`; empty: none is possible.
inline auto name_in_payload(std::string_view requirement) -> std::string {
    auto path = std::filesystem::path{requirement}.lexically_normal();
    if (!path.has_filename()) path = path.parent_path(); // `lib/` is the directory `lib`
    auto const name = path.filename().string();
    return name == "." || name == ".." || name == "/" ? "" : name;
}

namespace detail {

/// A file or directory that can be read; the error names no requirement.
inline auto check_readable(std::filesystem::path const& path) -> result<std::filesystem::path> {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        return usage_error("{}: {}", path.string(),
                           errno == ENOENT ? "a link that leads nowhere" : std::strerror(errno));
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
        return usage_error("{} is neither a file nor a directory", path.string());
    if (::faccessat(AT_FDCWD, path.c_str(), S_ISDIR(status.st_mode) ? R_OK | X_OK : R_OK, AT_EACCESS) != 0)
        return usage_error("{} cannot be read: {}", path.string(), std::strerror(errno));
    return path;
}

inline auto is_there(std::filesystem::path const& path) -> bool {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
}

} // namespace detail

/// The file or directory that a requirement names: beside the test, else, without a slash in it, a program in
/// one of the directories. An absolute path is taken as it is.
inline auto find_requirement(std::string_view name, std::filesystem::path const& test_directory,
                             std::vector<std::filesystem::path> const& search_path)
    -> result<std::filesystem::path> {
    auto const shown = [&](std::string_view what) { return usage_error("{}: {}", name, what); };
    auto const named = [&](error e) { return error{e.kind, fmt::format("{}: {}", name, e.message)}; };
    if (name_in_payload(name).empty()) return shown("names no file that could come along");
    auto const beside = test_directory / name; // an absolute name stays as it is
    if (detail::is_there(beside)) return detail::check_readable(beside).map_error(named);
    if (name.find('/') != std::string_view::npos)
        return shown(name[0] == '/' ? "there is no such file" : "not found beside the test");
    for (auto const& directory : search_path) {
        auto const program = directory / name;
        struct stat status {};
        if (::stat(program.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0111U) != 0)
            return detail::check_readable(program).map_error(named);
    }
    return shown("not found beside the test nor on PATH: install it, or put it beside the test");
}

} // namespace ktest
