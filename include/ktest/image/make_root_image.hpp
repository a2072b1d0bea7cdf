#pragma once

#include <ktest/capture.hpp>
#include <ktest/file.hpp>
#include <ktest/image/debian_sources.hpp>
#include <ktest/image/root_recipe.hpp>
#include <ktest/image/unfinished_file.hpp>
#include <ktest/program.hpp>
#include <ktest/spec/bytes.hpp>

#include <fmt/ranges.h>

#include <filesystem>
#include <string>
#include <vector>

namespace ktest {

/// What a root image shall be.
struct root_image_plan {
    std::string suite;                   ///< empty: the host's own Debian, else bookworm
    std::string mirror;                  ///< a URI; empty: the mirrors of the host's apt
    bytes size{std::uint64_t{2} << 30U}; ///< of the file system; the file is sparse
    std::vector<std::string> packages;   ///< besides `root_packages`
};

/// The file that tells what is in an image: its machine, its libc, its libraries and its programs, a line
/// each.
inline auto manifest_of(std::filesystem::path const& image) -> std::filesystem::path {
    return image.string() + ".manifest";
}

namespace detail {

/// What a program printed; nothing where it failed or does not exist.
inline auto output_of(std::vector<std::string> words) -> std::string {
    auto const got = capture({.arguments = std::move(words)});
    return got && got->succeeded() ? got->out : "";
}

inline auto find_sources(root_image_plan const& plan) -> result<debian_sources> {
    auto const codename = debian_codename(read_file("/etc/os-release").value_or(""));
    debian_sources sources{.suite = plan.suite};
    if (sources.suite.empty()) sources.suite = codename.empty() ? "bookworm" : codename;
    sources.options = network_options(output_of({"apt-config", "dump"}));
    if (!plan.mirror.empty()) {
        if (plan.mirror.find("://") == std::string::npos)
            return usage_error("--mirror: '{}' is not a URI of a Debian mirror (want http://HOST/debian)",
                               plan.mirror);
        sources.mirrors = {fmt::format("deb {} {} main", plan.mirror, sources.suite)};
    } else {
        sources.mirrors = mirrors_of(sources.suite,
                                     output_of({"apt-get", "indextargets", "--format", index_target_format}));
    }
    if (sources.mirrors.empty())
        return unavailable("this machine's apt knows no mirror of Debian {0}: say --mirror URI{1}",
                           sources.suite,
                           sources.suite == codename ? ", or run apt-get update if it never ran" : "");
    return sources;
}

/// The last lines of a log, for an error.
inline auto tail_of(std::string_view log, std::size_t lines) -> std::string_view {
    log = log.substr(0, log.find_last_not_of('\n') + 1);
    auto start = log.size();
    while (start > 0 && (log[start - 1] != '\n' || --lines > 0)) --start;
    return log.substr(start);
}

/// Whether a mount begins at `path` (statx(2), STATX_ATTR_MOUNT_ROOT).
inline auto is_mount_point(std::filesystem::path const& path) -> bool {
    struct statx status {};
    return ::statx(AT_FDCWD, path.c_str(), 0, 0, &status) == 0
           && (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/// How to become one who may chroot: root needs namespaces only so that nothing stays mounted.
inline auto enter_namespaces() -> result<std::vector<std::string>> {
    auto unshare = find_program("unshare", "util-linux");
    if (!unshare) return tl::unexpected{unshare.error()};
    std::vector<std::string> words{unshare->string(), "--mount", "--pid", "--fork", "--kill-child"};
    if (::geteuid() == 0) {
        // In a plain chroot the root is no mount point, and only a mount's propagation can be changed.
        if (!is_mount_point("/")) words.insert(words.end(), {"--propagation", "unchanged"});
        return words;
    }
    for (auto const& missing :
         {find_program("newuidmap", "uidmap"), find_program("mmdebstrap", "mmdebstrap")})
        if (!missing) return tl::unexpected{missing.error()};
    words.insert(words.end(), {"--map-root-user", "--map-auto"});
    return words;
}

} // namespace detail

/// Makes a Debian root image and its manifest; `path` appears (or is replaced) when both are complete.
/// Needs mmdebstrap (or, as root, debootstrap), e2fsprogs, and about 1 GiB of memory; a user needs uidmap.
inline auto make_root_image(std::filesystem::path const& path, root_image_plan const& plan) -> result<void> {
    if (auto const mke2fs = find_program("mke2fs", "e2fsprogs"); !mke2fs)
        return tl::unexpected{mke2fs.error()};
    if (!find_program("mmdebstrap", "mmdebstrap") && !find_program("debootstrap", "debootstrap"))
        return unavailable("neither mmdebstrap nor debootstrap is installed: apt-get install mmdebstrap");
    auto words = detail::enter_namespaces();
    if (!words) return tl::unexpected{words.error()};
    auto const sources = detail::find_sources(plan);
    if (!sources) return tl::unexpected{sources.error()};
    auto image = unfinished_file::open(path);
    if (!image) return tl::unexpected{image.error()};

    std::vector<std::string> packages{root_packages.begin(), root_packages.end()};
    packages.insert(packages.end(), plan.packages.begin(), plan.packages.end());
    auto const first = sources->mirrors.front();
    words->insert(
        words->end(),
        {"sh", "-c", root_recipe, "root-image", sources->suite, fmt::format("{}", fmt::join(packages, ",")),
         std::to_string(plan.size.count >> 10U), fmt::format("{}", fmt::join(sources->mirrors, "\n")),
         fmt::format("{}", fmt::join(sources->options, "\n")), first.substr(4, first.find(' ', 4) - 4)});
    auto const made = capture({.arguments = *words, .descriptors = {{image->number(), 3}}});
    if (!made) return tl::unexpected{made.error()};
    if (!made->succeeded())
        return unavailable(
            "{}: the image could not be made:\n{}{}", path.string(), detail::tail_of(made->err, 10),
            ::geteuid() == 0
                ? ""
                : "\nAs a normal user this needs unprivileged user namespaces and lines for you in "
                  "/etc/subuid and /etc/subgid (usermod --add-subuids); or run it as root.");
    return write_file(manifest_of(path), made->out).and_then([&] { return image->finish(); });
}

} // namespace ktest
