#pragma once

#include <ktest/digest.hpp>
#include <ktest/paths.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/file.h>
#include <sys/stat.h>

namespace ktest {

/// Adds what tells whether a file is still the same without reading it: device, inode, size, times of change.
inline void add_identity(digest& to, struct stat const& status) {
    std::array<std::int64_t, 7> const identity{
        static_cast<std::int64_t>(status.st_dev),
        static_cast<std::int64_t>(status.st_ino),
        status.st_size,
        status.st_mtim.tv_sec,
        status.st_mtim.tv_nsec,
        status.st_ctim.tv_sec,
        status.st_ctim.tv_nsec,
    };
    std::array<char, sizeof identity> bytes_of{};
    std::memcpy(bytes_of.data(), identity.data(), sizeof identity);
    to.add({bytes_of.data(), bytes_of.size()});
}

namespace detail {

/// Marks a cached file as used; false: it is not there. mtime stays, for others may know the file by it.
inline auto touch(std::filesystem::path const& file) -> bool {
    std::array<timespec, 2> const now{timespec{0, UTIME_NOW}, timespec{0, UTIME_OMIT}};
    return ::utimensat(AT_FDCWD, file.c_str(), now.data(), 0) == 0 || errno == EPERM || errno == EROFS;
}

/// Removes what a process left unfinished, and the files used longest ago beyond `keep`.
inline void prune(std::filesystem::path const& directory, std::size_t keep) {
    std::error_code ignored;
    std::vector<std::pair<std::pair<time_t, long>, std::filesystem::path>> files;
    for (auto const& entry : std::filesystem::directory_iterator{directory, ignored}) {
        struct stat status {};
        auto const name = entry.path().filename().string();
        if (name.rfind(".new-", 0) == 0)
            std::filesystem::remove(entry.path(), ignored);
        else if (name.front() != '.' && ::stat(entry.path().c_str(), &status) == 0)
            files.push_back({{status.st_atim.tv_sec, status.st_atim.tv_nsec}, entry.path()});
    }
    if (files.size() <= keep) return;
    std::sort(files.begin(), files.end());
    files.resize(files.size() - keep);
    for (auto const& old : files) std::filesystem::remove(old.second, ignored);
}

} // namespace detail

/// `directory/name`, made by `make(path) -> result<void>` where it is missing or not `whole(path) -> bool` (a
/// host that crashed may have cut it): under another name until it is complete, and once, however many
/// processes ask. It is the user's alone, whatever the umask. The `keep` most recently used files stay.
template<class Make, class Whole>
auto cached_file(std::filesystem::path const& directory, std::string const& name, std::size_t keep, Make make,
                 Whole whole) -> result<std::filesystem::path> {
    auto const file = directory / name;
    auto const there = [&] { return detail::touch(file) && whole(file); };
    if (there()) return file;
    if (auto made = make_private(directory); !made) return tl::unexpected{made.error()};
    auto const lock = open_file(directory / ".lock", O_RDWR | O_CREAT, 0600);
    if (!lock) return tl::unexpected{lock.error()};
    while (::flock(lock->get(), LOCK_EX) != 0)
        if (errno != EINTR) return system_failure(errno, "{}", (directory / ".lock").string());
    if (there()) return file;           // somebody else made it while we waited
    detail::prune(directory, keep - 1); // before, so that there is room
    auto const unfinished = directory / (".new-" + name);
    auto made = make(unfinished);
    if (made) ::chmod(unfinished.c_str(), 0600);
    if (made && ::rename(unfinished.c_str(), file.c_str()) != 0)
        made = system_failure(errno, "{}", file.string());
    if (made) return file;
    std::error_code ignored;
    std::filesystem::remove(unfinished, ignored);
    return tl::unexpected{made.error()};
}

} // namespace ktest
