#pragma once

#include <ktest/kernel/configure_kernel.hpp>
#include <ktest/kernel/kernel.hpp>
#include <ktest/program.hpp>
#include <ktest/run/install_modules.hpp>
#include <ktest/run/kernel_builder.hpp>

#include <optional>
#include <string>

#include <sys/file.h>

namespace ktest {

/// What the user may say about the kernel that he stands in.
struct build_wishes {
    std::filesystem::path tree; ///< `-C`; empty: the current directory, where it is in a kernel tree
    std::filesystem::path build_directory;
    std::string base_config;           ///< `--kconfig`: a file or a target of make; empty: ktest's own
    std::vector<std::string> profiles; ///< `--with`
    unsigned jobs = 0;                 ///< 0: as many as there are processors
    bool no_build = false;

    /// Whether something was said that only a kernel tree can answer; to build nothing is easy anywhere.
    auto any() const -> bool {
        auto others = *this;
        others.no_build = false;
        return others != build_wishes{};
    }
    friend auto operator==(build_wishes const&, build_wishes const&) -> bool = default;
};

/// A kernel that was built, locked against another build while this is open.
struct built_kernel {
    kernel built;
    source_tree tree;
    descriptor lock;
};

/// The tree that the wishes mean, with one build directory for each set of profiles; none: nobody stands in
/// one.
inline auto find_wished_tree(build_wishes const& wishes) -> result<std::optional<source_tree>> {
    auto const place = wishes.tree.empty() ? std::filesystem::path{"."} : wishes.tree;
    return find_source_tree(place, wishes.build_directory)
        .and_then([&](std::optional<source_tree> tree) -> result<std::optional<source_tree>> {
            if (!tree && !wishes.tree.empty())
                return usage_error("-C {}: not a Linux source tree, nor a directory that one was built in",
                                   wishes.tree.string());
            if (!tree && wishes.any())
                return usage_error(
                    "--build-dir, --kconfig, --with and --jobs are for a Linux source tree: stand "
                    "in one, or name it with -C");
            if (tree && !wishes.profiles.empty()) {
                if (tree->in_place)
                    return usage_error("--with: {} was built in place: its .config is yours to change",
                                       tree->source.string());
                if (wishes.build_directory.empty())
                    tree->build /= fmt::format("{}", fmt::join(wishes.profiles, "+"));
            }
            return tree;
        });
}

namespace detail {

/// What kbuild would only complain of in the middle.
inline auto check_build_programs(source_tree const& tree) -> result<void> {
    auto const value = [](char const* name) {
        auto const* const set = std::getenv(name);
        return std::string{set == nullptr ? "" : set};
    };
    if (auto const architecture = value("ARCH");
        !architecture.empty() && architecture != "x86_64" && architecture != "x86")
        return usage_error("ARCH={}: guests are x86_64", architecture);
    auto compiler = value("CC");
    if (compiler.empty()) compiler = value("LLVM").empty() ? value("CROSS_COMPILE") + "gcc" : "";
    std::vector<std::pair<std::string, char const*>> programs{{"make", "make"}};
    if (!compiler.empty()) programs.emplace_back(compiler.substr(0, compiler.find(' ')), "gcc");
    std::error_code ignored;
    if (!std::filesystem::exists(tree.build / "scripts/kconfig/conf", ignored))
        programs.insert(programs.end(), {{"flex", "flex"}, {"bison", "bison"}, {"bc", "bc"}});
    for (auto const& [program, package] : programs)
        if (auto found = find_program(program, package); !found) return tl::unexpected{found.error()};
    return {};
}

/// How the user knows a build: by its directory, seen from here where it lies below.
inline auto build_name(source_tree const& tree) -> std::string {
    std::error_code ignored;
    auto const here = std::filesystem::current_path(ignored);
    auto const seen = tree.build.lexically_relative(here);
    if (!seen.empty() && seen != "." && *seen.begin() != "..") return seen.string();
    return tree.in_place ? tree.source.filename().string()
                         : tree.build.lexically_relative(tree.source.parent_path()).string();
}

/// One build at a time in a directory: the lock is the kernel's, on the directory itself.
inline auto lock_build(source_tree const& tree, build_watcher const& watcher) -> result<descriptor> {
    std::error_code failed;
    std::filesystem::create_directories(tree.own(), failed);
    if (failed)
        return unavailable("{}: {}: name another place with --build-dir", tree.own().string(),
                           failed.message());
    return open_file(tree.own(), O_RDONLY | O_DIRECTORY).and_then([&](descriptor lock) -> result<descriptor> {
        if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
        watcher.line(fmt::format("ktest: waiting for another build in {}", tree.own().string()));
        while (::flock(lock.get(), LOCK_EX) != 0)
            if (errno != EINTR) return system_failure(errno, "{}: lock", tree.own().string());
        return lock;
    });
}

/// What of a build boots, below its directory: vmlinux where it can be started by PVH, which saves the
/// decompression, else bzImage. PVH's first steps run before a sanitizer's memory is there, and an
/// instrumented one dies of it.
inline auto boot_image_of(kconfig const& config) -> std::filesystem::path {
    auto const instrumented = config.value("KASAN") == "y" || config.value("KCSAN") == "y";
    return config.value("PVH") == "y" && !instrumented ? "vmlinux" : "arch/x86/boot/bzImage";
}

/// What a build left.
inline auto find_built_kernel(source_tree const& tree, kernel_builder& builder) -> result<kernel> {
    auto const text = read_file(tree.build / ".config");
    if (!text) return unavailable("{}: nothing is built there yet", tree.build.string());
    auto const config = parse_kconfig(*text);
    kernel found{
        .name = build_name(tree), .config = tree.build / ".config", .symbols = tree.build / "vmlinux"};
    found.image = tree.build / boot_image_of(config);
    std::error_code ignored;
    if (!std::filesystem::exists(found.image, ignored))
        return unavailable("{}: not built yet", found.image.string());
    found.release = read_file(tree.build / "include/config/kernel.release").value_or("");
    found.release.erase(found.release.find_last_not_of('\n') + 1);
    return install_modules(tree, config, found.release, builder).map([&](std::filesystem::path modules) {
        found.modules = std::move(modules);
        return std::move(found);
    });
}

/// A build directory that is locked, with make for it.
struct opened_build {
    descriptor lock;
    kernel_builder builder;
};

inline auto open_build(source_tree const& tree, build_watcher const& watcher, bool no_build = false)
    -> result<opened_build> {
    if (!no_build)
        if (auto good = check_build_programs(tree); !good) return tl::unexpected{good.error()};
    return lock_build(tree, watcher).map([&](descriptor lock) {
        kernel_builder builder{tree, watcher};
        builder.lock(lock.get());
        return opened_build{std::move(lock), std::move(builder)};
    });
}

/// Sees to it that the tree's .config has what is wished for.
inline auto configure(source_tree const& tree, build_wishes const& wishes,
                      std::vector<kernel_option> const& options, kernel_builder& builder) -> result<void> {
    if (auto const [one, other] = find_clash(options); one != nullptr)
        return usage_error("CONFIG: {} and {} cannot both be", to_string(*one), to_string(*other));
    auto const make = [&](std::vector<std::string> const& words) { return builder.make(words); };
    return configure_kernel(tree, {wishes.base_config, wishes.profiles, options}, make)
        .map([&](config_outcome const& outcome) {
            auto const file = (tree.build / ".config").string();
            if (outcome.base_unused)
                builder.say(fmt::format("{} was there already: --kconfig is not used", file));
            if (outcome.done != config_outcome::action::extended) return;
            std::vector<std::string> names;
            for (auto const& one : outcome.added) names.push_back(to_string(one.wanted));
            builder.say(fmt::format("set {} in {}", fmt::join(names, ", "), file));
        });
}

} // namespace detail

/// Configures the kernel of a tree, with `options`, as far as that is needed, and builds nothing.
inline auto configure_only(source_tree const& tree, build_wishes const& wishes,
                           std::vector<kernel_option> const& options, build_watcher const& watcher)
    -> result<void> {
    return detail::open_build(tree, watcher).and_then([&](detail::opened_build opened) {
        return detail::configure(tree, wishes, options, opened.builder);
    });
}

/// Configures and builds the kernel of a tree, with `options` in its configuration, as far as that is
/// needed. What make says is told while it says it; a failed build is unavailable, a configuration that
/// cannot be a usage error.
inline auto build_kernel(source_tree const& tree, build_wishes const& wishes,
                         std::vector<kernel_option> const& options, build_watcher const& watcher)
    -> result<built_kernel> {
    auto opened = detail::open_build(tree, watcher, wishes.no_build);
    if (!opened) return tl::unexpected{opened.error()};
    auto& builder = opened->builder;
    auto const make_all = [&] {
        auto const processors = static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_ONLN));
        return builder.make({fmt::format("-j{}", wishes.jobs > 0 ? wishes.jobs : processors)});
    };
    if (!wishes.no_build)
        if (auto built =
                detail::configure(tree, wishes, options, builder)
                    .and_then(make_all)
                    .and_then([&] { return builder.keep_steps(); })
                    .and_then([&] {
                        return check_configured(tree, {wishes.base_config, wishes.profiles, options});
                    });
            !built)
            return tl::unexpected{built.error()};
    return detail::find_built_kernel(tree, builder).map([&](kernel built) {
        return built_kernel{std::move(built), tree, std::move(opened->lock)};
    });
}

} // namespace ktest
