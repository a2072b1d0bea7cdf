#pragma once

#include <ktest/capture.hpp>
#include <ktest/kernel/kconfig.hpp>
#include <ktest/program.hpp>
#include <ktest/run/kernel_builder.hpp>
#include <ktest/take_line.hpp>

#include <sys/stat.h>

namespace ktest {

namespace detail {

/// The modules of a build, as paths in its directory, by `modules.order`: it names them by their .ko or, from
/// Linux 6.2 on, their .o.
inline auto built_modules(std::string_view order) -> std::vector<std::string> {
    std::vector<std::string> paths;
    while (!order.empty()) {
        auto const line = take_line(order);
        if (auto const stem = line.substr(0, line.rfind('.')); !stem.empty())
            paths.push_back(fmt::format("{}.ko", stem));
    }
    return paths;
}

/// What tells whether a module was built again.
inline auto trace_of(std::filesystem::path const& file) -> std::string {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return "-";
    return fmt::format("{} {}.{:09}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

/// The strip(1) of the compiler's kind.
inline auto strip_program() -> std::string {
    auto const value = [](char const* name) {
        auto const* const set = std::getenv(name);
        return std::string{set == nullptr ? "" : set};
    };
    auto const llvm = value("LLVM");
    if (llvm.empty()) return value("CROSS_COMPILE") + "strip";
    if (llvm.back() == '/') return llvm + "llvm-strip";
    return llvm.front() == '-' ? "llvm-strip" + llvm : "llvm-strip";
}

inline auto run_quietly(std::vector<std::string> words) -> result<void> {
    auto const name = words.front();
    auto const got = capture({.arguments = std::move(words), .guarded = true});
    if (!got) return tl::unexpected{got.error()};
    if (!got->succeeded()) return unavailable("{} failed: {}", name, got->err);
    return {};
}

/// Puts one module where modprobe looks, without its debug information.
inline auto install_module(std::filesystem::path const& from, std::filesystem::path const& to)
    -> result<void> {
    std::error_code failed;
    std::filesystem::create_directories(to.parent_path(), failed);
    if (failed) return unavailable("{}: {}", to.parent_path().string(), failed.message());
    return run_quietly({strip_program(), "--strip-debug", "-o", to.string(), from.string()});
}

} // namespace detail

/// Installs the modules of a build below its own directory, those that were built again since the last time
/// alone, and gives their directory, which tells modprobe what is built in, too; empty: it can have none.
/// `make modules_install` does the same in some seconds, and does it where modules must be signed.
inline auto install_modules(source_tree const& tree, kconfig const& config, std::string const& release,
                            kernel_builder& builder) -> result<std::filesystem::path> {
    namespace fs = std::filesystem;
    auto const order = read_file(tree.build / "modules.order").value_or("");
    auto const modules = detail::built_modules(order);
    if (config.value("MODULES") != "y") return fs::path{};
    auto const root = tree.own() / "modules";
    auto const directory = root / "lib/modules" / release;
    auto const stamp_file = root / "stamp";

    auto const known = read_file(stamp_file).value_or("");
    auto stamp = fmt::format("{}\n", release);
    for (auto const& module : modules)
        stamp += fmt::format("{} {}\n", module, detail::trace_of(tree.build / module));
    if (stamp == known) return directory;

    std::error_code ignored;
    fs::remove(stamp_file, ignored);
    if (config.value("MODULE_SIG_ALL") == "y") {
        fs::remove_all(root, ignored);
        auto made =
            builder.make({"INSTALL_MOD_PATH=" + root.string(), "INSTALL_MOD_STRIP=1", "modules_install"});
        return made.and_then([&] { return write_file(stamp_file, stamp); }).map([&] { return directory; });
    }
    auto const same_modules = [&] { // then what is there needs no more than to be brought up to date
        return std::count(known.begin(), known.end(), '\n') == static_cast<std::ptrdiff_t>(modules.size()) + 1
               && known.starts_with(release + "\n");
    };
    if (!same_modules()) fs::remove_all(root, ignored);
    for (auto const& module : modules) {
        auto const line = fmt::format("\n{} {}\n", module, detail::trace_of(tree.build / module));
        auto const target = directory / "kernel" / module;
        if (known.find(line) != std::string::npos && fs::exists(target, ignored)) continue;
        if (auto done = detail::install_module(tree.build / module, target); !done)
            return tl::unexpected{done.error()};
    }
    fs::create_directories(directory, ignored);
    std::string listed;
    for (auto const& module : modules) listed += fmt::format("kernel/{}\n", module);
    auto written = write_file(directory / "modules.order", listed);
    for (auto const* name : {"modules.builtin", "modules.builtin.modinfo"})
        if (auto const text = read_file(tree.build / name); written && text)
            written = write_file(directory / name, *text);
    return written.and_then([] { return find_program("depmod", "kmod"); })
        .and_then([&](fs::path const& depmod) {
            return detail::run_quietly({depmod.string(), "-b", root.string(), release});
        })
        .and_then([&] { return write_file(stamp_file, stamp); })
        .map([&] { return directory; });
}

} // namespace ktest
