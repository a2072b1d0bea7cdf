#pragma once

#include <ktest/image/archive.hpp>
#include <ktest/image/file_cache.hpp>
#include <ktest/kernel/modules.hpp>
#include <ktest/paths.hpp>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

namespace detail {

struct guest_module {
    char const* name;
    std::string_view option; ///< that builds it in; none: the guest can do without
};

/// What the guest needs before it has a root file system.
constexpr std::array guest_modules{
    guest_module{"pvpanic_pci", ""}, // first, to tell of a panic in what follows
    guest_module{"virtio_pci", "CONFIG_VIRTIO_PCI"},
    guest_module{"virtio_console", "CONFIG_VIRTIO_CONSOLE"},
    guest_module{"virtio_blk", "CONFIG_VIRTIO_BLK"},
    guest_module{"ext4", "CONFIG_EXT4_FS"},
    guest_module{"isofs", "CONFIG_ISO9660_FS"},
    guest_module{"virtio_net", ""},
    guest_module{"virtio_rng", ""},
};

/// Without modules all must be built in; where a .config came with the kernel it is asked.
inline auto check_built_in(kernel const& from) -> result<void> {
    if (from.config.empty()) return {};
    auto const config = read_file(from.config);
    if (!config) return tl::unexpected{config.error()};
    auto const text = '\n' + *config;
    for (auto const& module : guest_modules) {
        if (module.option.empty() || text.find(fmt::format("\n{}=y\n", module.option)) != std::string::npos)
            continue;
        if (text.find(fmt::format("\n{}=m\n", module.option)) != std::string::npos)
            return unavailable("{}: {} is a module, and no modules came with this kernel: "
                               "make modules_install INSTALL_MOD_PATH={}, or build it in",
                               from.image.string(), module.name, from.config.parent_path().string());
        return unavailable("{}: built without {}, which the guest needs: set {}=y", from.image.string(),
                           module.name, module.option);
    }
    return {};
}

inline auto guest_module_files(kernel const& from) -> result<std::vector<std::filesystem::path>> {
    if (from.modules.empty())
        return check_built_in(from).map([] { return std::vector<std::filesystem::path>{}; });
    std::vector<std::string> names;
    for (auto const& module : guest_modules) names.emplace_back(module.name);
    auto found = find_modules(from, names);
    if (!found) return tl::unexpected{found.error()};
    for (auto const& module : guest_modules)
        if (!module.option.empty()
            && std::count(found->unknown.begin(), found->unknown.end(), std::string{module.name}) != 0)
            return unavailable("{}: built without {}, which the guest needs: neither in {} nor built in ({})",
                               from.image.string(), module.name, from.modules.string(), module.option);
    return std::move(found->files);
}

inline auto write_initramfs(std::filesystem::path const& file, std::string init,
                            std::vector<std::filesystem::path> const& modules) -> result<void> {
    std::vector<archive_member> members{
        {.name = "dev/console", .mode = S_IFCHR | 0600, .device = ::makedev(5, 1)},
        {.name = "init", .content = std::move(init), .mode = 0755},
        {.name = "modules", .mode = S_IFDIR | 0755}};
    std::string order;
    for (auto const& module : modules) {
        auto content = decompress(module);
        if (!content) return tl::unexpected{content.error()};
        auto name = fmt::format("{:02}-{}.ko", members.size() - 3, module_stem(module.native()));
        order += name + '\n';
        members.push_back(
            {.name = "modules/" + std::move(name), .content = std::move(*content), .mode = 0644});
    }
    members.push_back({.name = "modules/order", .content = std::move(order), .mode = 0644});
    auto const out = open_file(file, O_WRONLY | O_CREAT | O_TRUNC);
    if (!out) return tl::unexpected{out.error()};
    return write_archive(out->get(), archive_kind::cpio, members);
}

/// Whether the file has the entry that ends every cpio (cpio(5)); bounded padding follows it.
inline auto is_whole_cpio(std::filesystem::path const& file) -> bool {
    auto const opened = open_file(file, O_RDONLY);
    std::array<char, 1024> end{};
    auto const size = opened ? ::lseek(opened->get(), 0, SEEK_END) : 0;
    auto const got =
        size > 0 ? ::pread(opened->get(), end.data(), end.size(), std::max<off_t>(size - std::ssize(end), 0))
                 : 0;
    return std::string_view{end.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))}.find(
               "TRAILER!!!")
           != std::string_view::npos;
}

} // namespace detail

/// The guest's first file system, a newc cpio: `/init` (the program `init`), `/dev/console`, and in
/// `/modules` what `from` has not built in of what the guest needs, uncompressed; `/modules/order` lists it,
/// a file name a line, in the order of loading. Cached by init's content and the modules' identity. A kernel
/// that lacks what the guest needs is unavailable.
inline auto build_initramfs(std::filesystem::path const& init, kernel const& from, paths const& where)
    -> result<std::filesystem::path> {
    auto program = read_file(init);
    if (!program) return tl::unexpected{program.error()};
    auto const modules = detail::guest_module_files(from);
    if (!modules) return tl::unexpected{modules.error()};
    digest key;
    key.add("initramfs 1").add(*program);
    for (auto const& module : *modules) {
        struct stat status {};
        if (::stat(module.c_str(), &status) != 0) return system_failure(errno, "{}", module.string());
        key.add(module.native());
        add_identity(key, status);
    }
    return cached_file(
        where.cache / "initramfs", key.text() + ".cpio", 16,
        [&](std::filesystem::path const& file) {
            return detail::write_initramfs(file, std::move(*program), *modules);
        },
        detail::is_whole_cpio);
}

} // namespace ktest
