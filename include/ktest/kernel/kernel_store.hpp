#pragma once

#include <ktest/kernel/kernel.hpp>
#include <ktest/kernel/kernel_image.hpp>
#include <ktest/paths.hpp>

#include <fmt/ranges.h>
#include <range/v3/view/transform.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <sys/utsname.h>

namespace ktest {

namespace detail {

inline auto readable_file(std::filesystem::path const& path) -> bool {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), R_OK) == 0;
}

/// The build tree that an image stands in (`TREE/arch/x86/boot/bzImage`, `TREE/vmlinux`); empty: in none.
inline auto build_tree_of(std::filesystem::path const& image) -> std::filesystem::path {
    auto const directory = image.parent_path();
    auto const above = directory.parent_path().parent_path();
    auto const tree =
        directory.filename() == "boot" && above.filename() == "arch" ? above.parent_path() : directory;
    return readable_file(tree / ".config") ? tree : std::filesystem::path{};
}

/// The first of `candidates` that is a kernel's module directory (depmod has been there), else empty.
inline auto first_module_directory(std::initializer_list<std::filesystem::path> candidates)
    -> std::filesystem::path {
    for (auto const& candidate : candidates)
        if (readable_file(candidate / "modules.dep")) return candidate;
    return {};
}

/// Images that a directory may hold: a build tree's, one that `ktest kernel get` unpacked, a plain one.
inline auto images_in(std::filesystem::path const& directory) -> std::vector<std::filesystem::path> {
    for (auto const* const image : {"arch/x86/boot/bzImage", "vmlinux", "bzImage", "vmlinuz"})
        if (readable_file(directory / image)) return {directory / image};
    std::vector<std::filesystem::path> found;
    std::error_code ignored;
    for (auto const& below : {directory / "boot", directory})
        for (auto const& entry : std::filesystem::directory_iterator{below, ignored})
            if (entry.path().filename().string().rfind("vmlinuz", 0) == 0 && readable_file(entry.path()))
                found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

} // namespace detail

/// The kernel of an image file, and what belongs to it: of a build tree its .config and the modules that
/// ktest, or `make modules_install INSTALL_MOD_PATH=TREE`, has installed there, of `DIR/boot/vmlinuz-RELEASE`
/// the config beside it and `DIR/lib/modules`.
inline auto kernel_from_image(std::string name, std::filesystem::path const& file) -> result<kernel> {
    std::error_code failed;
    auto const image = std::filesystem::canonical(file, failed);
    if (failed) return usage_error("{}: {}", file.string(), failed.message());
    auto release = read_release(image);
    if (!release) return tl::unexpected{release.error()};
    auto const directory = image.parent_path();
    kernel found{.name = std::move(name), .image = image, .release = std::move(*release)};
    auto const tree = detail::build_tree_of(image);
    auto const installed = std::filesystem::path{"lib/modules"} / found.release;
    if (!tree.empty()) {
        found.config = tree / ".config";
        found.modules = detail::first_module_directory(
            {tree / "modules" / installed, tree / ".ktest/modules" / installed, tree / installed});
        if (detail::readable_file(tree / "vmlinux")) found.symbols = tree / "vmlinux";
    } else {
        found.modules = detail::first_module_directory({directory.parent_path() / installed,
                                                        directory.parent_path() / "usr" / installed,
                                                        directory / installed, directory});
        for (auto const& config : {directory / ("config-" + found.release), directory / "config"})
            if (found.config.empty() && detail::readable_file(config)) found.config = config;
    }
    return found;
}

/// The same, of an image file or of a directory that holds one.
inline auto kernel_from_path(std::string name, std::filesystem::path const& path) -> result<kernel> {
    std::error_code failed;
    auto const directory = std::filesystem::is_directory(path, failed);
    if (failed) return usage_error("{}: {}", path.string(), failed.message());
    if (!directory) return kernel_from_image(std::move(name), path);
    auto const images = detail::images_in(path);
    if (images.size() == 1) return kernel_from_image(std::move(name), images.front());
    if (images.size() > 1)
        return usage_error("{}: several kernels; name one of them, like {}", path.string(),
                           images.back().string());
    if (detail::readable_file(path / ".config") || detail::readable_file(path / "Kconfig"))
        return usage_error("{}: this kernel is not built yet: run make there", path.string());
    return usage_error("{}: no kernel in there (no bzImage, vmlinux or boot/vmlinuz-*)", path.string());
}

/// One entry of `$HOME/.ktest/kernels`; what cannot be used (a link to a tree that is gone) is listed too.
struct stored_kernel {
    std::string name;
    bool is_default = false;
    result<kernel> found;
};

/// The kernels that `ktest kernel get` and `add` have put there, by name; none is not an error.
inline auto list_kernels(paths const& where) -> std::vector<stored_kernel> {
    std::error_code ignored;
    auto const chosen = std::filesystem::read_symlink(where.kernels() / "default", ignored);
    std::vector<stored_kernel> all;
    for (auto const& entry : std::filesystem::directory_iterator{where.kernels(), ignored}) {
        auto const name = entry.path().filename().string();
        if (name == "default" || name.front() == '.') continue;
        all.push_back({name, chosen == name, kernel_from_path(name, entry.path())});
    }
    std::sort(all.begin(), all.end(), [](auto const& l, auto const& r) { return l.name < r.name; });
    return all;
}

/// A kernel by its name in `$HOME/.ktest/kernels`, else by its path. Not there: a usage error that lists what
/// is.
inline auto find_kernel(std::string const& name_or_path, paths const& where) -> result<kernel> {
    if (name_or_path.empty()) return usage_error("the name of a kernel is empty");
    std::error_code ignored;
    auto const is_name = name_or_path.find('/') == std::string::npos && name_or_path.front() != '.';
    auto const stored = where.kernels() / name_or_path;
    if (is_name && std::filesystem::is_symlink(stored, ignored) && !std::filesystem::exists(stored, ignored))
        return usage_error("{}: a link to {}, which is not there", stored.string(),
                           std::filesystem::read_symlink(stored, ignored).string());
    if (is_name && std::filesystem::exists(stored, ignored)) return kernel_from_path(name_or_path, stored);
    if (std::filesystem::exists(name_or_path, ignored)) return kernel_from_path(name_or_path, name_or_path);
    if (!is_name) return usage_error("{}: no such kernel", name_or_path);
    auto const known = list_kernels(where);
    auto const names = known | ranges::views::transform(&stored_kernel::name);
    return usage_error("no kernel '{}': neither a file here nor in {} ({})", name_or_path,
                       where.kernels().string(),
                       names.empty() ? "empty: ktest kernel get fetches one"
                                     : fmt::format("has {}", fmt::join(names, ", ")));
}

/// What a kernel is chosen by. The kernel tree that one stands in comes between the first two: who has built
/// one asks here only for `option`.
struct kernel_request {
    std::optional<std::string> option;      ///< `-k`
    std::optional<std::string> environment; ///< `$KTEST_KERNEL`
    std::filesystem::path boot = "/boot";   ///< where the host has its own
};

struct chosen_kernel {
    kernel chosen;
    std::string announced; ///< where it comes from, to be told; empty: it was asked for by name
};

/// `-k`, `$KTEST_KERNEL`, `$HOME/.ktest/kernels/default`, the host's own kernel, in this order.
inline auto choose_kernel(kernel_request const& asked, paths const& where) -> result<chosen_kernel> {
    auto const by_name = [](kernel found) { return chosen_kernel{std::move(found), ""}; };
    if (asked.option) return find_kernel(*asked.option, where).map(by_name);
    if (asked.environment && !asked.environment->empty())
        return find_kernel(*asked.environment, where).map(by_name).map_error([](error e) {
            return error{e.kind, fmt::format("KTEST_KERNEL: {}", e.message)};
        });
    std::error_code ignored;
    auto const link = where.kernels() / "default";
    if (std::filesystem::is_symlink(link, ignored) || std::filesystem::exists(link, ignored))
        return find_kernel("default", where)
            .map([&](kernel found) {
                return chosen_kernel{std::move(found), link.string()};
            })
            .map_error([](error e) {
                return error{fault::unavailable,
                             fmt::format("{}: fetch one with ktest kernel get --default", e.message)};
            });
    utsname host{};
    ::uname(&host);
    auto const own = asked.boot / fmt::format("vmlinuz-{}", host.release);
    if (detail::readable_file(own))
        return kernel_from_image(own.string(), own).map([](kernel found) {
            return chosen_kernel{std::move(found), "the host's own"};
        });
    return unavailable("no kernel to boot: fetch one with ktest kernel get, or name one with -k ({}: {})",
                       own.string(),
                       std::filesystem::exists(own, ignored) ? "not readable for you" : "not there");
}

} // namespace ktest
