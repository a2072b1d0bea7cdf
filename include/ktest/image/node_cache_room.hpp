#pragma once

#include <ktest/file.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/file.h>
#include <sys/stat.h>

namespace ktest::detail {

/// What tells, without reading it, whether an open file is still the same. Neither the device's number, which
/// a network file system draws at each mount, nor the time of change, which a mere use of a cached file sets.
inline auto trace_of(int file) -> std::string {
    struct stat status {};
    if (::fstat(file, &status) != 0) return "";
    return fmt::format("{} {} {}.{:09}", status.st_ino, status.st_size, status.st_mtim.tv_sec,
                       status.st_mtim.tv_nsec);
}

inline auto room_of(struct stat const& status) -> std::uintmax_t {
    return static_cast<std::uintmax_t>(status.st_blocks) * 512;
}

inline auto mark_of(std::filesystem::path const& place) -> std::filesystem::path {
    return place.string() + ".mark";
}

/// The right to make, check or remove the copy at `place`, in the end of `patience` at the latest.
inline auto lock_mark(std::filesystem::path const& place, std::chrono::milliseconds patience)
    -> result<descriptor> {
    using namespace std::chrono_literals;
    auto const end = std::chrono::steady_clock::now() + patience;
    for (;; std::this_thread::sleep_for(10ms)) {
        auto mark = open_file(mark_of(place), O_RDWR | O_CREAT, 0600);
        if (!mark) return mark;
        auto const locked = ::flock(mark->get(), LOCK_EX | LOCK_NB) == 0;
        if (locked && is_file_at(*mark, mark_of(place))) return mark;
        if (!locked && errno != EWOULDBLOCK && errno != EINTR)
            return system_failure(errno, "{}", mark_of(place).string());
        if (std::chrono::steady_clock::now() >= end)
            return unavailable("{}: somebody else has been copying it for {} s", place.string(),
                               std::chrono::duration_cast<std::chrono::seconds>(patience).count());
    }
}

/// For who holds its mark, which goes last.
inline void remove_copy(std::filesystem::path const& place) {
    ::unlink(place.c_str());
    ::unlink(mark_of(place).c_str());
}

/// A copy and what lies beside it.
struct stored_copy {
    std::uintmax_t room = 0;
    std::pair<time_t, long> used{};                ///< none of it is whole: never
    std::vector<std::filesystem::path> unfinished; ///< left by who was killed
};

inline auto stored_copies(std::filesystem::path const& directory)
    -> std::map<std::filesystem::path, stored_copy> {
    std::map<std::filesystem::path, stored_copy> all;
    std::error_code ignored;
    for (auto const& entry : std::filesystem::directory_iterator{directory, ignored}) {
        auto const name = entry.path().filename().string();
        auto& one = all[directory / name.substr(0, name.find('.'))];
        struct stat status {};
        if (::stat(entry.path().c_str(), &status) != 0) continue;
        one.room += room_of(status);
        if (name.find('.') == std::string::npos)
            one.used = {status.st_atim.tv_sec, status.st_atim.tv_nsec};
        else if (entry.path().extension() != ".mark")
            one.unfinished.push_back(entry.path());
    }
    return all;
}

/// Removes it if nobody makes or uses it.
inline auto remove_unused(std::filesystem::path const& place) -> bool {
    auto const mark = lock_mark(place, std::chrono::milliseconds{0});
    if (!mark) return false;
    auto const copy = open_file(place, O_RDONLY);
    if (copy && ::flock(copy->get(), LOCK_EX | LOCK_NB) != 0) return false;
    remove_copy(place);
    return true;
}

/// Makes room for `wanted` bytes at `place`, whose mark the caller holds, so that all are at most `most`:
/// removes what nobody finished, then what was used longest ago.
inline auto make_room(std::filesystem::path const& directory, std::filesystem::path const& place,
                      std::uintmax_t wanted, std::uintmax_t most) -> result<void> {
    auto copies = stored_copies(directory);
    for (auto const& left : copies[place].unfinished) ::unlink(left.c_str());
    copies.erase(place);
    auto taken = wanted;
    std::vector<std::pair<std::pair<time_t, long>, std::filesystem::path>> by_use;
    for (auto const& [other, one] : copies) {
        if (!one.unfinished.empty())
            if (auto const mark = lock_mark(other, std::chrono::milliseconds{0}))
                for (auto const& left : one.unfinished) ::unlink(left.c_str());
        taken += one.room;
        by_use.emplace_back(one.used, other);
    }
    std::sort(by_use.begin(), by_use.end());
    for (auto const& [used, other] : by_use) {
        auto const never = used == std::pair<time_t, long>{};
        if (taken <= most && !never) break;
        if (remove_unused(other)) taken -= copies[other].room;
    }
    if (taken <= most) return {};
    return unavailable("{}: {} MiB more do not fit, for {} MiB are in use and {} MiB is the most "
                       "(KTEST_NODE_CACHE_SIZE)",
                       directory.string(), wanted >> 20U, (taken - wanted) >> 20U, most >> 20U);
}

} // namespace ktest::detail
