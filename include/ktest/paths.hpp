#pragma once

#include <ktest/result.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace ktest {

/// Where ktest keeps what is not a run's own; every directory is made when it is asked for.
struct paths {
    std::filesystem::path user;    ///< `$HOME/.ktest`: image, kernels, keys; may be shared between hosts
    std::filesystem::path cache;   ///< `$XDG_CACHE_HOME/ktest`, else `$HOME/.cache/ktest`: can be deleted
    std::filesystem::path runtime; ///< `$XDG_RUNTIME_DIR/ktest`, else `/tmp/ktest-UID`; of this host and boot

    auto root_image() const { return user / "root"; }
    auto kernels() const { return user / "kernels"; }
    auto templates() const { return user / "templates"; }
    auto ssh_key() const { return user / "id_ed25519"; }      ///< the user's own, for guests
    auto guest_key() const { return user / "guest_ed25519"; } ///< all guests', by which the user knows them
    /// Where scratch disks go: what `tmp` in the user's directory points to, else /tmp.
    auto scratch() const -> std::filesystem::path {
        auto const chosen = user / "tmp";
        std::error_code ignored;
        return std::filesystem::is_directory(chosen, ignored) ? chosen : std::filesystem::path{"/tmp"};
    }
};

namespace detail {

inline auto environment_path(char const* name) -> std::filesystem::path {
    auto const* value = std::getenv(name);
    return value != nullptr && *value == '/' ? value : "";
}

/// Whether nobody but the caller, and root, can replace what is in it; who became another user may still have
/// the first one's XDG_RUNTIME_DIR.
inline auto is_own_directory(std::filesystem::path const& directory) -> bool {
    struct stat status {};
    return ::stat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == ::geteuid()
           && (status.st_mode & 0022) == 0;
}

} // namespace detail

/// Whether somebody else put `path` where anybody may, as into /tmp: it is neither the caller's nor root's,
/// nor of the owner of the directory that it is in.
inline auto is_anothers(std::filesystem::path const& path) -> bool {
    auto const whole = std::filesystem::absolute(path);
    struct stat status {};
    struct stat above {};
    return ::lstat(whole.c_str(), &status) == 0 && ::stat(whole.parent_path().c_str(), &above) == 0
           && status.st_uid != ::geteuid() && status.st_uid != 0 && status.st_uid != above.st_uid;
}

/// Makes `directory` (0700) where it is missing and checks that it is the caller's own and closed to others,
/// for what stands in a world-writable directory could be somebody else's trap. What others could only read
/// is closed. `chosen_by`: the variable by which the caller may name another place.
inline auto private_directory(std::filesystem::path const& directory,
                              std::string_view chosen_by = "XDG_RUNTIME_DIR")
    -> result<std::filesystem::path> {
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
        return system_failure(errno, "{}", directory.string());
    struct stat status {};
    if (::lstat(directory.c_str(), &status) != 0) return system_failure(errno, "{}", directory.string());
    auto const own = S_ISDIR(status.st_mode) && status.st_uid == ::geteuid();
    if (own && (status.st_mode & 0077) == 0) return directory;
    if (own && (status.st_mode & 0022) == 0 && ::chmod(directory.c_str(), 0700) == 0) return directory;
    return unavailable("{}: not a directory of yours alone (mode 0700): remove it{}", directory.string(),
                       status.st_uid == ::geteuid()
                           ? ""
                           : fmt::format(", or name another place by {} if you may not", chosen_by));
}

/// Makes `directory` and what is missing above it, all 0700. What is there stays as it is.
inline auto make_private(std::filesystem::path const& directory) -> result<void> {
    std::error_code failed;
    if (std::filesystem::is_directory(directory, failed)) return {};
    if (directory.has_parent_path() && directory.parent_path() != directory)
        if (auto made = make_private(directory.parent_path()); !made) return made;
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
        return system_failure(errno, "{}", directory.string());
    return {};
}

/// The caller's paths, from HOME, XDG_CACHE_HOME and XDG_RUNTIME_DIR; only the runtime directory is made.
inline auto find_paths() -> result<paths> {
    auto const home = detail::environment_path("HOME");
    if (home.empty())
        return usage_error("HOME is not set to an absolute path: ktest keeps its files in $HOME/.ktest");
    auto cache = detail::environment_path("XDG_CACHE_HOME");
    auto runtime = detail::environment_path("XDG_RUNTIME_DIR");
    // A socket's path is short (unix(7)), and sockets lie in DIRECTORY/ktest/vm/NN.
    constexpr std::size_t longest = sizeof sockaddr_un{}.sun_path - sizeof "/ktest/vm/00/kgdb";
    auto const fits = runtime.native().size() <= longest;
    auto const below = !runtime.empty() && fits && detail::is_own_directory(runtime)
                           ? runtime / "ktest"
                           : std::filesystem::path{fmt::format("/tmp/ktest-{}", ::getuid())};
    return private_directory(below).map([&](auto const& made) {
        return paths{home / ".ktest", (cache.empty() ? home / ".cache" : cache) / "ktest", made};
    });
}

} // namespace ktest
