#pragma once

#include <ktest/digest.hpp>
#include <ktest/paths.hpp>
#include <ktest/report/retention.hpp>

#include <cstdint>
#include <random>

namespace ktest {

/// Where the files of one run go. It is in progress, and never removed by another, while this lives.
struct run_directory {
    std::filesystem::path path; ///< `.ktest/out/<test>/<run>`
    std::string notice;         ///< what the user must be told: the files go elsewhere; empty: nothing
    descriptor lock;            ///< none where the file system knows no flock(2)
};

/// A directory's name for a test: letters, digits and `_ + , = @`, within the name also `.` and `-`, stand
/// for themselves, other bytes become `%HH`, so that two names never meet; of a very long name, its begin and
/// a digest.
inline auto directory_name(std::string_view test) -> std::string {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+,=@";
    constexpr std::size_t limit = 200;
    if (test.empty()) return "%";
    std::string name;
    for (auto const c : test) {
        auto const inside = !name.empty() && (c == '.' || c == '-');
        if (inside || plain.find(c) != std::string_view::npos)
            name += c;
        else
            name += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    if (name.size() <= limit) return name;
    return fmt::format("{}%-{}", name.substr(0, limit), digest{}.add(test).text());
}

/// `20261122T124501-3f2a`: UTC, so that names sort by time, and what keeps runs of one second apart.
inline auto run_name(std::chrono::sys_seconds started_at, std::uint16_t unique) -> std::string {
    return fmt::format("{:%Y%m%dT%H%M%S}-{:04x}", started_at, unique);
}

namespace detail {

/// Points `latest` at a run, in one step; returns what went wrong.
inline auto replace_latest(std::filesystem::path const& test, std::string const& run) -> std::string {
    auto const beside = test / (".latest-" + run);
    auto const latest = test / "latest";
    if (::symlink(run.c_str(), beside.c_str()) == 0 && ::rename(beside.c_str(), latest.c_str()) == 0)
        return {};
    auto const number = errno;
    ::unlink(beside.c_str());
    return fmt::format("{}: cannot be linked to {}: {}", latest.string(), run, std::strerror(number));
}

inline auto make_run_in(std::filesystem::path const& test, std::chrono::sys_seconds started_at)
    -> result<run_directory> {
    std::error_code failure;
    std::filesystem::create_directories(test, failure);
    if (failure) return unavailable("{}: {}", test.string(), failure.message());
    std::random_device random;
    constexpr auto attempts = 1000;
    for (auto attempt = 0; attempt < attempts; ++attempt) {
        auto const name = run_name(started_at, static_cast<std::uint16_t>(random()));
        run_directory made{.path = test / name};
        if (::mkdir(made.path.c_str(), 0777) != 0) {
            if (errno == EEXIST) continue;
            return system_failure(errno, "{}", made.path.string());
        }
        auto lock = lock_run(made.path);
        // Another ktest may have taken the new directory for an old one, if the clock was set back.
        if (!lock && (lock.error() == EWOULDBLOCK || lock.error() == ENOENT)) continue;
        if (lock) made.lock = std::move(*lock);
        made.notice = replace_latest(test, name);
        remove_old_runs(test);
        return made;
    }
    return unavailable("{}: no free name for a run", test.string());
}

} // namespace detail

/// Makes `<base>/<test>/<run>/`, links `<base>/<test>/latest` to it and removes what is too old. Where `base`
/// cannot be written, or is in a directory that another left here, `fallback` serves (empty: none) and the
/// notice says so.
inline auto make_run_directory(std::filesystem::path const& base, std::filesystem::path const& fallback,
                               std::string_view test, std::chrono::sys_seconds started_at)
    -> result<run_directory> {
    auto const trap = !fallback.empty() && is_anothers(base.parent_path());
    auto made = trap ? unavailable("{}: another user's", base.parent_path().string())
                     : detail::make_run_in(base / directory_name(test), started_at);
    if (made || fallback.empty()) return made;
    auto elsewhere = detail::make_run_in(fallback / directory_name(test), started_at);
    if (!elsewhere) return unavailable("{}; {}", made.error().message, elsewhere.error().message);
    elsewhere->notice =
        fmt::format("{}: the files of this run are in {}", made.error().message, elsewhere->path.string());
    return elsewhere;
}

} // namespace ktest
