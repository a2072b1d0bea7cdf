#pragma once

#include <ktest/file.hpp>
#include <ktest/report/result_json.hpp>

#include <algorithm>
#include <functional>

#include <sys/file.h>

namespace ktest {

constexpr std::size_t recent_runs_kept = 10;  ///< whatever they said
constexpr std::size_t failures_kept_of = 100; ///< among so many runs every failure is kept

/// Marks a run's directory as in use for as long as the descriptor lives, by flock(2) on `.lock` in it. The
/// error is errno: EWOULDBLOCK where it is in use, ENOENT where it has been removed.
inline auto lock_run(std::filesystem::path const& directory) -> tl::expected<descriptor, int> {
    descriptor lock{::open((directory / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644)};
    if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return tl::unexpected{errno};
    struct stat status {};
    if (::fstat(lock.get(), &status) != 0 || status.st_nlink == 0) return tl::unexpected{ENOENT};
    return lock;
}

namespace detail {

/// Whether it is named as ktest names runs, `20261122T124501-3f2a`: nothing else is ever removed.
inline auto is_run_name(std::string_view name) -> bool {
    constexpr std::string_view shape = "ddddddddTdddddd-xxxx";
    return name.size() == shape.size()
           && std::equal(name.begin(), name.end(), shape.begin(), [](char c, char form) {
                  auto const digit = c >= '0' && c <= '9';
                  return form == 'd' ? digit : form == 'x' ? digit || (c >= 'a' && c <= 'f') : c == form;
              });
}

/// The runs of a test, newest first; real directories only.
inline auto run_names(std::filesystem::path const& test) -> std::vector<std::string> {
    std::vector<std::string> names;
    std::error_code failure;
    std::filesystem::directory_iterator entry{test, failure};
    for (; !failure && entry != std::filesystem::directory_iterator{}; entry.increment(failure)) {
        auto name = entry->path().filename().string();
        std::error_code ignored;
        if (is_run_name(name)
            && entry->symlink_status(ignored).type() == std::filesystem::file_type::directory)
            names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end(), std::greater<>{});
    return names;
}

/// Whether a run has to be taken for a failure: it says so, or does not say.
inline auto is_failure(std::filesystem::path const& run) -> bool {
    auto const file = run / "result.json";
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(file, ignored))) return true;
    auto const text = read_file(file);
    auto const said = text ? verdict_in_json(*text) : std::nullopt;
    return said != "passed" && said != "skipped";
}

} // namespace detail

/// Removes the old runs of a test: all but the last 10 and the failures of the last 100. A run in progress
/// stays, and so does every run where the file system knows no flock(2). A link is never followed.
inline void remove_old_runs(std::filesystem::path const& test) {
    std::error_code ignored;
    if (std::filesystem::is_symlink(std::filesystem::symlink_status(test, ignored))) return;
    auto const names = detail::run_names(test);
    for (auto i = recent_runs_kept; i < names.size(); ++i) {
        auto const run = test / names[i];
        if (i < failures_kept_of && detail::is_failure(run)) continue;
        auto const lock = lock_run(run);
        if (!lock) continue;
        std::filesystem::remove_all(run, ignored); // unlinks links, does not follow them
        std::filesystem::remove(test / (".latest-" + names[i]), ignored);
    }
}

} // namespace ktest
