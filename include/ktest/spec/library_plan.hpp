#pragma once

#include <ktest/file.hpp>
#include <ktest/spec/elf_needs.hpp>
#include <ktest/spec/host_libraries.hpp>
#include <ktest/spec/image_libraries.hpp>

#include <deque>
#include <filesystem>
#include <map>
#include <optional>

namespace ktest {

/// What comes along so that a program of the host runs in the guest.
struct library_plan {
    std::filesystem::path loader;                           ///< empty: the image can run it as it is
    std::map<std::string, std::filesystem::path> libraries; ///< by the names under which they are looked for
    friend auto operator==(library_plan const&, library_plan const&) -> bool = default;
};

namespace detail {

/// The libraries that come with glibc and must be of one version with the loader.
inline auto is_of_glibc(std::string_view soname) -> bool {
    constexpr std::array names{"libc.so.",    "libm.so.",      "libdl.so.",           "libpthread.so.",
                               "librt.so.",   "libresolv.so.", "libutil.so.",         "libanl.so.",
                               "libmvec.so.", "libnsl.so.1",   "libBrokenLocale.so.", "ld-linux"};
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return soname.substr(0, name.size()) == name; });
}

/// Reads no more of a file that is not ELF than its beginning: it may be a disk image.
inline auto read_elf_file(std::filesystem::path const& path) -> result<std::optional<elf_needs>> {
    auto const file = open_file(path, O_RDONLY | O_NONBLOCK);
    if (!file) return tl::unexpected{file.error()};
    std::array<char, SELFMAG> magic{};
    if (::pread(file->get(), magic.data(), magic.size(), 0) != SELFMAG
        || std::string_view{magic.data(), magic.size()} != std::string_view{ELFMAG, SELFMAG})
        return std::nullopt;
    return read_all(file->get()).and_then([](std::string const& content) { return read_elf(content); });
}

/// Directories of an RPATH as ld.so(8) expands them; one that neither is absolute nor begins with $ORIGIN is
/// left out.
inline auto expand(std::vector<std::string> const& directories, std::filesystem::path const& origin)
    -> std::vector<std::filesystem::path> {
    std::vector<std::filesystem::path> expanded;
    for (auto directory : directories) {
        for (std::string_view const variable : {"${ORIGIN}", "$ORIGIN"})
            if (directory.compare(0, variable.size(), variable) == 0)
                directory.replace(0, variable.size(), origin.string());
        if (directory.substr(0, 1) == "/") expanded.emplace_back(directory);
    }
    return expanded;
}

} // namespace detail

/// Whether an image, none: nothing is known of it, can run a dynamic program of a host with this libc. An
/// older image's other libraries may lack symbols too, so only those of an image that is as new as the host
/// will do.
inline auto image_runs(std::optional<image_libraries> const& image, elf_needs const& program,
                       glibc_version host) -> bool {
    if (!image || program.libc > image->libc) return false;
    return std::all_of(program.needed.begin(), program.needed.end(),
                       [&](auto const& name) {
                           return detail::is_of_glibc(name)
                                  || (host <= image->libc && image->sonames.count(name) > 0);
                       })
           && (detail::is_of_glibc(std::filesystem::path{program.interpreter}.filename().string()));
}

/// The program's loader and every library that it needs, directly or not, as ld.so(8) finds them on this
/// host. A missing one is an error (which does not name the program).
inline auto collect_libraries(std::filesystem::path const& program, elf_needs const& needs,
                              host_libraries const& host) -> result<library_plan> {
    struct object {
        std::filesystem::path path;
        elf_needs needs;
        std::vector<std::filesystem::path> inherited; ///< RPATHs of those that brought it
    };
    library_plan plan{needs.interpreter, {}};
    auto const loader_name = plan.loader.filename().string();
    std::deque<object> waiting{{program, needs, {}}};
    for (; !waiting.empty(); waiting.pop_front()) {
        auto const& user = waiting.front();
        std::error_code ignored;
        auto const origin = std::filesystem::canonical(user.path, ignored).parent_path();
        auto rpath = detail::expand(user.needs.rpath, origin);
        rpath.insert(rpath.end(), user.inherited.begin(), user.inherited.end());
        auto const own = user.needs.runpath.empty() ? rpath : detail::expand(user.needs.runpath, origin);
        for (auto const& name : user.needs.needed) {
            if (name == loader_name || plan.libraries.count(name) > 0) continue;
            if (name.find('/') != std::string::npos) return usage_error("needs {} at just that place", name);
            std::vector<std::filesystem::path> candidates;
            for (auto const& directory : own) candidates.push_back(directory / name);
            for (auto& file : host.candidates(name)) candidates.push_back(std::move(file));
            auto found = false;
            for (auto const& file : candidates) {
                auto const library = detail::read_elf_file(file);
                if (!library || !*library || !(*library)->is_native || (*library)->machine != needs.machine)
                    continue;
                plan.libraries.emplace(name, file);
                waiting.push_back({file, **library, rpath});
                found = true;
                break;
            }
            if (!found) return usage_error("needs {}, which this host has not", name);
        }
    }
    return plan;
}

} // namespace ktest
