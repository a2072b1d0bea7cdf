#pragma once

// Who holds a slot is asked of the kernel, for what a file says, its writer may have made up. An open lock
// file proves nothing either (somebody may wait for it): /proc/PID/fdinfo says which descriptors carry the
// lock itself, and who took it (proc(5), "lock:").

#include <ktest/file.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace ktest {

/// Names a file whatever its path.
struct file_identity {
    dev_t device{};
    ino_t inode{};
    friend auto operator==(file_identity const&, file_identity const&) -> bool = default;
};

inline auto identify(std::filesystem::path const& path) -> std::optional<file_identity> {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    return file_identity{status.st_dev, status.st_ino};
}

/// A process that has a flock(2)ed file open with its lock: it took the lock, or inherited it.
struct lock_holder {
    file_identity file;
    pid_t pid = 0;
    uid_t user = 0;
    pid_t locker = 0; ///< who took the lock, be it gone by now; 0 where this /proc does not show that process
    friend auto operator==(lock_holder const&, lock_holder const&) -> bool = default;
};

namespace detail {

inline auto parse_pid(std::string_view text) -> std::optional<pid_t> {
    pid_t pid = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return pid;
}

/// The words of a line, as /proc separates them.
inline auto words(std::string_view line) -> std::vector<std::string_view> {
    std::vector<std::string_view> found;
    while (!line.empty()) {
        auto const length = std::min(line.find_first_of(" \t"), line.size());
        if (length > 0) found.push_back(line.substr(0, length));
        line.remove_prefix(std::min(length + 1, line.size()));
    }
    return found;
}

inline auto lines(std::string_view text) -> std::vector<std::string_view> {
    std::vector<std::string_view> found;
    while (!text.empty()) {
        auto const length = std::min(text.find('\n'), text.size());
        found.push_back(text.substr(0, length));
        text.remove_prefix(std::min(length + 1, text.size()));
    }
    return found;
}

/// Whether a lock's `MAJOR:MINOR:INODE` is that file. Of a file system like btrfs, which has other device
/// numbers there, only the inodes are compared.
inline auto is_lock_of(file_identity file, std::string_view lock) -> bool {
    auto const major_minor = fmt::format("{:02x}:{:02x}:", major(file.device), minor(file.device));
    auto const anonymous = major(file.device) == 0 && lock.starts_with("00:");
    return lock.substr(lock.rfind(':') + 1) == fmt::to_string(file.inode)
           && (anonymous || lock.starts_with(major_minor));
}

/// Who took the flock that a descriptor carries, if it is that of `file`:
/// `lock: 1: FLOCK ADVISORY WRITE 4711 fe:00:815 0 EOF`. The descriptor's number may by now be another
/// file's.
inline auto flock_taker(std::string_view fdinfo, file_identity file) -> std::optional<pid_t> {
    for (auto const line : lines(fdinfo)) {
        auto const word = words(line);
        if (word.size() > 6 && word[0] == "lock:" && word[2] == "FLOCK" && is_lock_of(file, word[6]))
            return parse_pid(word[5]);
    }
    return std::nullopt;
}

} // namespace detail

/// Who started a process: its real user, which a set-user-ID program leaves as it is (proc(5)).
inline auto user_of(pid_t process) -> std::optional<uid_t> {
    auto const status = read_file(fmt::format("/proc/{}/status", process)).value_or("");
    for (auto const line : detail::lines(status)) {
        auto const word = detail::words(line);
        uid_t user = 0;
        if (word.size() < 2 || word[0] != "Uid:") continue;
        auto const [end, failed] = std::from_chars(word[1].data(), word[1].data() + word[1].size(), user);
        if (failed == std::errc{}) return user;
    }
    return std::nullopt;
}

/// The `*.lock` files that a process holds by flock; none where the caller may not look.
inline auto locks_of(pid_t process) -> std::vector<lock_holder> {
    std::vector<lock_holder> held;
    auto const here = std::filesystem::path{fmt::format("/proc/{}", process)};
    auto const user = user_of(process);
    std::error_code ended;
    for (std::filesystem::directory_iterator entry{here / "fd", ended}, end; !ended && entry != end;
         entry.increment(ended)) {
        std::error_code gone;
        auto const name = std::filesystem::read_symlink(entry->path(), gone).native();
        if (gone || name.size() < 5 || name.substr(name.size() - 5) != ".lock") continue;
        auto const file = identify(entry->path());
        auto const info = read_file(here / "fdinfo" / entry->path().filename()).value_or("");
        auto const locker = file ? detail::flock_taker(info, *file) : std::nullopt;
        if (locker && user) held.push_back({*file, process, *user, *locker});
    }
    return held;
}

/// The same of every process: the caller's own, as root everybody's.
inline auto all_locks() -> std::vector<lock_holder> {
    std::vector<lock_holder> all;
    std::error_code failed;
    for (std::filesystem::directory_iterator entry{"/proc", failed}, end; !failed && entry != end;
         entry.increment(failed)) {
        auto const process = detail::parse_pid(entry->path().filename().native());
        if (!process) continue;
        auto const held = locks_of(*process);
        all.insert(all.end(), held.begin(), held.end());
    }
    return all;
}

/// The processes that hold a lock file.
inline auto holders(std::filesystem::path const& lock_file) -> std::vector<pid_t> {
    std::vector<pid_t> found;
    auto const wanted = identify(lock_file);
    for (auto const& held : all_locks())
        if (wanted && held.file == *wanted) found.push_back(held.pid);
    return found;
}

/// Who took the lock of a file whose holders the caller may not look into (proc(5), /proc/locks). Good enough
/// to show.
inline auto locker_shown(file_identity file, std::string_view proc_locks) -> std::optional<pid_t> {
    for (auto const line : detail::lines(proc_locks)) {
        auto const word = detail::words(line);
        if (word.size() < 6 || word[1] != "FLOCK") continue;
        if (detail::is_lock_of(file, word[5])) return detail::parse_pid(word[4]);
    }
    return std::nullopt;
}

} // namespace ktest
