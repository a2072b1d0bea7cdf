#pragma once

#include <ktest/capture.hpp>
#include <ktest/image/file_cache.hpp>
#include <ktest/image/root_image.hpp>
#include <ktest/kernel/kernel.hpp>
#include <ktest/paths.hpp>
#include <ktest/program.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fts.h>

namespace ktest {

namespace detail {

/// A kernel's module directory as a walk over it sees it.
struct module_tree {
    std::vector<std::string> names; ///< of all in it, from its top on, without the links to the build tree
    std::vector<std::string> links; ///< `build` and `source`
    std::uint64_t blocks = 0;       ///< of 4 KiB
    digest identity;
};

inline auto walk_modules(std::filesystem::path const& directory) -> result<module_tree> {
    auto top = directory.string();
    std::array<char*, 2> const tops{top.data(), nullptr};
    auto const by_name = [](FTSENT const** left, FTSENT const** right) {
        return std::strcmp((*left)->fts_name, (*right)->fts_name);
    };
    std::unique_ptr<FTS, decltype(&fts_close)> const walk{
        fts_open(tops.data(), FTS_PHYSICAL | FTS_NOCHDIR | FTS_COMFOLLOW, by_name), &fts_close};
    if (!walk) return system_failure(errno, "{}", directory.string());
    module_tree found;
    while (auto* const entry = fts_read(walk.get())) {
        std::string_view const path{entry->fts_path, entry->fts_pathlen};
        if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS)
            return system_failure(entry->fts_errno, "{}", path);
        if (entry->fts_info == FTS_DP || entry->fts_level == 0) continue;
        auto const name = path.substr(top.size());
        if (entry->fts_info == FTS_SL && (name == "/build" || name == "/source")) {
            found.links.emplace_back(name);
            continue;
        }
        found.names.emplace_back(name);
        found.blocks += static_cast<std::uint64_t>(entry->fts_statp->st_size) / 4096 + 1;
        // A directory says nothing that its files do not, but changes when a link to the build tree does.
        found.identity.add(name);
        if (entry->fts_info != FTS_D) add_identity(found.identity, *entry->fts_statp);
    }
    return found;
}

/// Everything root's, times that depend on the day of the copy gone, links to the build tree too: for
/// debugfs(8).
inline auto cleaning_commands(module_tree const& tree) -> std::string {
    auto text = std::string{"rmdir /lost+found\n"};
    for (auto const& link : tree.links) text += fmt::format("rm {}\n", link);
    for (auto const& name : tree.names) {
        std::string quoted;
        for (auto const c : name) quoted.append(c == '"' ? 2 : 1, c);
        for (auto const* const field : {"uid", "gid", "atime", "ctime"})
            text += fmt::format("sif \"{}\" {} {}\n", quoted, field,
                                field[1] == 't' || field[0] == 'c' ? "@1" : "0");
    }
    return text;
}

inline auto run_to_success(command what) -> result<captured> {
    auto const program = what.arguments[0];
    what.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "MKE2FS_CONFIG=/dev/null",
                        "E2FSPROGS_FAKE_TIME=1"};
    auto got = capture(std::move(what));
    if (got && !got->succeeded()) return unavailable("{} failed: {}", program, got->err);
    return got;
}

inline auto write_modules_image(std::filesystem::path const& file, std::filesystem::path const& directory,
                                module_tree const& tree) -> result<void> {
    auto const make = find_program("mke2fs", "e2fsprogs");
    if (!make) return tl::unexpected{make.error()};
    auto const edit = find_program("debugfs", "e2fsprogs");
    if (!edit) return tl::unexpected{edit.error()};
    constexpr auto identity = "6b746573-7420-4d6f-9475-6c6573206673";
    auto const inodes = tree.names.size() + tree.links.size() + 64;
    auto const blocks =
        tree.blocks + tree.blocks / 8 + inodes / 16 + 4096; // the file is sparse: room costs nothing
    // Only what any kernel of the last ten years mounts, and nothing that needs more modules (checksums).
    auto made = run_to_success(
        {.arguments = {
             make->string(),
             "-q",
             "-F",
             "-b",
             "4096",
             "-I",
             "256",
             "-m",
             "0",
             "-N",
             std::to_string(inodes),
             "-O",
             "none,dir_index,dir_nlink,extent,extra_isize,filetype,huge_file,large_file,sparse_super",
             "-U",
             identity,
             "-E",
             fmt::format("hash_seed={},root_owner=0:0,lazy_itable_init=0,nodiscard,no_copy_xattrs", identity),
             "-d",
             directory.string(),
             file.string(),
             std::to_string(blocks)}});
    if (!made) return tl::unexpected{made.error()};
    std::error_code failed;
    if (std::filesystem::file_size(file, failed) != blocks * 4096) // it only warns when the end does not fit
        return unavailable("{} failed: {}", make->string(), made->err);
    auto const commands = open_unnamed(file.parent_path());
    if (!commands) return tl::unexpected{commands.error()};
    if (auto written = write_all(commands->get(), cleaning_commands(tree)); !written) return written;
    ::lseek(commands->get(), 0, SEEK_SET);
    auto const cleaned = run_to_success({.arguments = {edit->string(), "-w", "-f", "-", file.string()},
                                         .descriptors = {{commands->get(), 0}}});
    if (!cleaned) return tl::unexpected{cleaned.error()};
    if (auto const banner = cleaned->err.find('\n');
        banner + 1 < cleaned->err.size()) // its status is 0 in any case
        return unavailable("{}: {}", edit->string(), cleaned->err.substr(banner + 1));
    return {};
}

} // namespace detail

/// The read-only ext4 image that the guest mounts on /lib/modules/RELEASE: the kernel's module directory.
/// Cached by the identity of every file in it; none where the kernel has no modules. A missing mke2fs is
/// unavailable.
inline auto modules_image(kernel const& from, paths const& where)
    -> result<std::optional<std::filesystem::path>> {
    if (from.modules.empty()) return std::nullopt;
    auto tree = detail::walk_modules(from.modules);
    if (!tree) return tl::unexpected{tree.error()};
    if (tree->names.empty()) return std::nullopt; // without modules it still tells what is built in
    return cached_file(
               where.cache / "modules", tree->identity.text() + ".ext4", 8,
               [&](std::filesystem::path const& file) {
                   return detail::write_modules_image(file, from.modules, *tree);
               },
               [](auto const& file) { return detail::check_ext4(file).has_value(); })
        .map([](auto file) { return std::optional{std::move(file)}; });
}

} // namespace ktest
