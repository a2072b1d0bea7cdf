#include "../report_error.hpp"
#include "commands.hpp"
#include "kernel_build.hpp"
#include "kernel_get.hpp"
#include <ktest/kernel/kernel_store.hpp>

#include <memory>
#include <string>

namespace ktest::cli {

namespace {

namespace fs = std::filesystem;

struct kernel_options {
    std::string package = default_kernel_package();
    std::string path;
    std::string name;
    bool make_default = false;
};

auto default_link(paths const& where) -> fs::path {
    std::error_code ignored;
    return fs::read_symlink(where.kernels() / "default", ignored);
}

/// No default, one that leads nowhere, or one that an earlier get has made: not a tree that the user has
/// added.
auto default_is_ours(paths const& where) -> bool {
    std::error_code ignored;
    auto const link = where.kernels() / "default";
    return !fs::exists(link, ignored) || !fs::is_symlink(where.kernels() / default_link(where), ignored);
}

auto make_default(std::string const& name, paths const& where) -> result<void> {
    if (default_link(where) == name) return {};
    return make_default_kernel(name, where).map([&] { tell("{} is the default kernel now", name); });
}

auto get(kernel_options const& options, paths const& where) -> result<void> {
    std::error_code ignored;
    auto const before = list_kernels(where).size();
    auto const made = get_kernel(options.package, where);
    if (!made) return tl::unexpected{made.error()};
    auto const fetched = list_kernels(where).size() != before;
    auto const becomes_default =
        options.make_default || !fs::exists(where.kernels() / "default", ignored)
        || (fetched && options.package == default_kernel_package() && default_is_ours(where));
    if (becomes_default)
        if (auto linked = make_default(made->filename().string(), where); !linked) return linked;
    fmt::print("{}\n", made->string());
    return {};
}

auto list(paths const& where) -> result<void> {
    auto const all = list_kernels(where);
    if (all.empty()) tell("no kernels in {}: fetch one with ktest kernel get", where.kernels().string());
    std::size_t name_width = 0;
    std::size_t release_width = 0;
    for (auto const& one : all) {
        name_width = std::max(name_width, one.name.size());
        if (one.found) release_width = std::max(release_width, one.found->release.size());
    }
    for (auto const& one : all) {
        if (one.found)
            fmt::print("{:{}}  {:{}}  {:9}  {}\n", one.name, name_width, one.found->release, release_width,
                       one.is_default ? "(default)" : "", one.found->image.string());
        else
            tell("{} cannot be used: {}", one.name, one.found.error().message);
    }
    return {};
}

/// A tree and a directory are known by their own names, an image by its release.
auto name_for(fs::path const& path, bool directory) -> result<std::string> {
    if (!directory) return read_release(path);
    return path.filename().string();
}

auto add_link(kernel_options const& options, fs::path const& path, paths const& where) -> result<fs::path> {
    std::error_code failed;
    auto name = options.name.empty() ? name_for(path, fs::is_directory(path, failed)) : options.name;
    if (!name) return tl::unexpected{name.error()};
    if (name->front() == '.' || *name == "default")
        return usage_error("{}: '{}' cannot be a kernel's name: give it another with --name", path.string(),
                           *name);
    if (auto checked = kernel_from_path(*name, path); !checked) return tl::unexpected{checked.error()};
    if (auto made = make_private(where.kernels()); !made) return tl::unexpected{made.error()};
    auto const link = where.kernels() / *name;
    if (::symlink(path.c_str(), link.c_str()) == 0) return link;
    if (errno != EEXIST) return system_failure(errno, "{}", link.string());
    if (fs::read_symlink(link, failed) == path) return link;
    return usage_error("{} is there already: remove it, or give another --name", link.string());
}

auto add_to_store(kernel_options const& options, paths const& where) -> result<void> {
    if (!options.name.empty()
        && (options.name.find_first_of("/ \t\n") != std::string::npos || options.name.front() == '.'
            || options.name == "default"))
        return usage_error("--name: '{}' cannot be a kernel's name", options.name);
    std::error_code failed;
    auto const path = fs::canonical(options.path, failed);
    if (failed) return usage_error("{}: {}", options.path, failed.message());
    auto const named = options.name.empty() ? std::nullopt : std::optional{options.name};
    auto const made =
        path.extension() == ".deb" ? unpack_kernel(path, named, where) : add_link(options, path, where);
    if (!made) return tl::unexpected{made.error()};
    if (options.make_default || !fs::exists(where.kernels() / "default", failed))
        if (auto linked = make_default(made->filename().string(), where); !linked) return linked;
    fmt::print("{}\n", made->string());
    return {};
}

auto status_of(result<void> const& done) -> int { return done ? 0 : report(done.error()); }

} // namespace

void add_kernel(CLI::App& app, int& status) {
    auto* const kernel =
        app.add_subcommand("kernel", "Lists, fetches and names the kernels that tests can boot");
    kernel->require_subcommand(1);
    auto const options = std::make_shared<kernel_options>();
    auto const act = [&status, options](auto what) {
        return [&status, options, what] {
            status =
                status_of(find_paths().and_then([&](paths const& where) { return what(*options, where); }));
        };
    };

    auto* const lists = kernel->add_subcommand("list", "Prints name, release and image of each kernel");
    lists->callback(act([](kernel_options const&, paths const& where) { return list(where); }));

    auto* const gets =
        kernel->add_subcommand("get", "Fetches a kernel package by apt and unpacks it, without root");
    gets->add_option("PACKAGE", options->package, "A kernel's package, or one that depends on it")
        ->capture_default_str();
    gets->add_flag("--default", options->make_default, "Boot it where no kernel is named");
    gets->callback(act(&get));

    auto* const adds = kernel->add_subcommand(
        "add", "Gives a kernel a name. It is linked, not copied, so a later build of it is what "
               "boots; a .deb is unpacked");
    adds->add_option("PATH", options->path, "An image, a build tree (O=), a .deb, or an unpacked kernel")
        ->required();
    adds->add_option("--name", options->name, "Its name (default: the directory's; of an image its release)");
    adds->add_flag("--default", options->make_default, "Boot it where no kernel is named");
    adds->callback(act(&add_to_store));
    add_kernel_build(*kernel, status);
}

} // namespace ktest::cli
