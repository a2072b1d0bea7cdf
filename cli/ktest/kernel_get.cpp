#include "kernel_get.hpp"

#include "../report_error.hpp"
#include <ktest/capture.hpp>
#include <ktest/kernel/kernel_store.hpp>
#include <ktest/program.hpp>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include <sys/file.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace ktest::cli {

namespace {

namespace fs = std::filesystem;

/// What a program says about its failure: the beginning, for a full disk is told once a file.
auto first_words(captured const& got) -> std::string {
    auto text = got.err.empty() ? got.out : got.err;
    text.erase(text.find_last_not_of(" \n") + 1);
    auto end = text.find('\n');
    for (auto lines = 1; lines < 3 && end != std::string::npos; ++lines) end = text.find('\n', end + 1);
    if (end != std::string::npos) text.replace(end, std::string::npos, "\n...");
    return text.empty() ? fmt::format("wait status {}", got.status) : text;
}

auto run(std::string_view program, std::string_view package, std::vector<std::string> arguments,
         fs::path const& directory = {}) -> result<std::string> {
    auto found = find_program(program, package);
    if (!found) return tl::unexpected{found.error()};
    arguments.insert(arguments.begin(), found->string());
    auto got = capture({.arguments = std::move(arguments), .directory = directory});
    if (!got) return tl::unexpected{got.error()};
    if (!got->succeeded()) return unavailable("{} failed: {}", program, first_words(*got));
    return std::move(got->out);
}

/// The packages that a package depends on, by apt's lists: names alone, the first of alternatives.
auto dependencies(std::string const& package) -> result<std::vector<std::string>> {
    if (!find_program("apt-cache", "apt") || !find_program("apt-get", "apt"))
        return unavailable(
            "this machine has no apt to fetch a kernel with: name a kernel with ktest kernel add PATH");
    auto const shown = run("apt-cache", "apt", {"show", "--no-all-versions", "--", package});
    if (!shown || shown->empty())
        return unavailable("apt knows no package {}: run apt-get update as root, or see apt-cache search "
                           "'^linux-image'{}{}",
                           package, shown ? "" : "; ", shown ? "" : shown.error().message);
    std::vector<std::string> names;
    std::string_view text{*shown};
    auto const at = text.find("\nDepends: ");
    if (at == std::string_view::npos) return names;
    text.remove_prefix(at + 10);
    text = text.substr(0, text.find('\n'));
    while (!text.empty()) {
        auto one = text.substr(0, text.find(','));
        text.remove_prefix(std::min(one.size() + 1, text.size()));
        one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
        names.emplace_back(one.substr(0, one.find_first_of(" (|:")));
    }
    return names;
}

auto starts_with(std::string const& text, std::string_view start) { return text.rfind(start, 0) == 0; }

auto kernel_name(std::string const& package) -> std::string {
    constexpr std::string_view start = "linux-image-";
    return starts_with(package, start) ? package.substr(start.size()) : package;
}

/// The package with the kernel itself, behind metapackages; and those that hold its modules where the
/// distribution has split them off.
auto packages_of(std::string const& package, paths const& where) -> result<std::vector<std::string>> {
    auto image = package;
    std::set<std::string> seen;
    std::error_code ignored;
    for (;;) {
        if (fs::exists(where.kernels() / kernel_name(image), ignored)) return std::vector{image};
        auto needed = dependencies(image);
        if (!needed) return tl::unexpected{needed.error()};
        auto const real = std::find_if(needed->begin(), needed->end(),
                                       [](auto const& name) { return starts_with(name, "linux-image-"); });
        if (real == needed->end()) {
            std::vector<std::string> all{image};
            std::copy_if(needed->begin(), needed->end(), std::back_inserter(all), [](auto const& name) {
                return starts_with(name, "linux-modules-") || starts_with(name, "linux-binary-");
            });
            return all;
        }
        if (!seen.insert(image).second) return unavailable("{} depends on itself", image);
        image = *real;
    }
}

/// The right to make kernels, waited for; what is then unfinished was left by a process that has died.
class kernels_lock {
public:
    static auto take(fs::path const& kernels) -> result<kernels_lock> {
        if (auto made = make_private(kernels); !made) return tl::unexpected{made.error()};
        auto file = open_file(kernels / ".lock", O_RDWR | O_CREAT, 0600);
        if (!file) return tl::unexpected{file.error()};
        if (::flock(file->get(), LOCK_EX | LOCK_NB) != 0) {
            tell("waiting for another ktest that fetches a kernel");
            while (::flock(file->get(), LOCK_EX) != 0)
                if (errno != EINTR) return system_failure(errno, "{}", (kernels / ".lock").string());
        }
        std::error_code failed;
        for (auto const& entry : fs::directory_iterator{kernels, failed})
            if (starts_with(entry.path().filename().string(), ".new-")) fs::remove_all(entry.path(), failed);
        return kernels_lock{std::move(*file)};
    }

private:
    explicit kernels_lock(descriptor file) : file_{std::move(file)} {}
    descriptor file_;
};

/// A directory beside the kernels that goes when it is not needed any more.
class workshop {
public:
    static auto open(fs::path const& kernels) -> result<workshop> {
        auto name = (kernels / ".new-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) return system_failure(errno, "{}", name);
        return workshop{name};
    }
    workshop(workshop&& other) noexcept : path_{std::exchange(other.path_, {})} {}
    auto operator=(workshop&&) -> workshop& = delete;
    ~workshop() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    auto path() const -> fs::path const& { return path_; }

private:
    explicit workshop(fs::path path) : path_{std::move(path)} {}
    fs::path path_;
};

/// Keeps what a guest can use: boot (the image, its config and System.map) and lib/modules.
auto keep_the_kernel(fs::path const& tree) -> result<void> {
    std::error_code failed;
    if (fs::exists(tree / "usr/lib/modules", failed) && !fs::exists(tree / "lib/modules", failed)) {
        fs::create_directories(tree / "lib", failed);
        fs::rename(tree / "usr/lib/modules", tree / "lib/modules", failed);
        if (failed) return unavailable("{}: {}", (tree / "lib/modules").string(), failed.message());
    }
    std::vector<fs::path> useless;
    for (auto const& entry : fs::directory_iterator{tree, failed})
        if (entry.path().filename() != "boot" && entry.path().filename() != "lib")
            useless.push_back(entry.path());
    for (auto const& path : useless) fs::remove_all(path, failed);
    return {};
}

/// Unpacks into the workshop, completes and checks what came out, and gives it its name in one step.
auto make_kernel(std::vector<fs::path> const& packages, std::string const& name, workshop const& shop,
                 fs::path const& kernels) -> result<fs::path> {
    auto const tree = shop.path() / "tree";
    for (auto const& package : packages)
        if (auto done = run("dpkg-deb", "dpkg", {"-x", package.string(), tree.string()}); !done)
            return tl::unexpected{done.error()};
    if (auto kept = keep_the_kernel(tree); !kept) return tl::unexpected{kept.error()};
    auto const unpacked = kernel_from_path(name, tree);
    if (!unpacked)
        return unavailable("{} holds no kernel that can be booted: {}", packages.front().filename().string(),
                           unpacked.error().message);
    std::error_code failed;
    if (fs::exists(tree / "lib/modules" / unpacked->release, failed)) {
        auto done = run("depmod", "kmod", {"-b", tree.string(), unpacked->release});
        if (!done) return tl::unexpected{done.error()};
    }
    // On disk before it has its name, for a crash of the machine would leave empty files.
    auto const directory = open_file(tree, O_RDONLY | O_DIRECTORY);
    if (!directory || ::syncfs(directory->get()) != 0) return system_failure(errno, "{}", tree.string());
    auto const home = kernels / name;
    if (::rename(tree.c_str(), home.c_str()) != 0) return system_failure(errno, "{}", home.string());
    return home;
}

} // namespace

auto default_kernel_package() -> std::string {
    utsname host{};
    ::uname(&host);
    return std::string_view{host.machine} == "aarch64" ? "linux-image-cloud-arm64"
                                                       : "linux-image-cloud-amd64";
}

auto get_kernel(std::string const& package, paths const& where) -> result<fs::path> {
    if (package.empty()
        || package.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789.+-:~")
               != std::string::npos
        || package.front() == '-')
        return usage_error("'{}' is not the name of a package", package);
    auto const packages = packages_of(package, where);
    if (!packages) return tl::unexpected{packages.error()};
    auto const name = kernel_name(packages->front());
    std::error_code ignored;
    if (fs::exists(where.kernels() / name, ignored)) return where.kernels() / name;

    auto const lock = kernels_lock::take(where.kernels());
    if (!lock) return tl::unexpected{lock.error()};
    if (fs::exists(where.kernels() / name, ignored)) return where.kernels() / name;
    auto const shop = workshop::open(where.kernels());
    if (!shop) return tl::unexpected{shop.error()};
    tell("fetching {}", fmt::join(*packages, ", "));
    std::vector<std::string> arguments{"-q", "download"};
    // As root apt would first try to write as the user _apt, who may not look into a home, and warn.
    if (::geteuid() == 0) arguments.insert(arguments.begin(), {"-o", "APT::Sandbox::User=root"});
    arguments.insert(arguments.end(), packages->begin(), packages->end());
    if (auto done = run("apt-get", "apt", arguments, shop->path()); !done)
        return unavailable("{}\n(old package lists? run apt-get update as root)", done.error().message);
    std::vector<fs::path> files;
    for (auto const& entry : fs::directory_iterator{shop->path(), ignored})
        if (entry.path().extension() == ".deb") files.push_back(entry.path());
    if (files.size() != packages->size())
        return unavailable("apt-get download fetched {} of {} packages", files.size(), packages->size());
    return make_kernel(files, name, *shop, where.kernels());
}

auto unpack_kernel(fs::path const& package, std::optional<std::string> name, paths const& where)
    -> result<fs::path> {
    auto field = run("dpkg-deb", "dpkg", {"-f", package.string(), "Package"});
    if (!field) return usage_error("{}", field.error().message);
    field->erase(field->find_last_not_of('\n') + 1);
    auto const called = name.value_or(kernel_name(*field));
    auto const lock = kernels_lock::take(where.kernels());
    if (!lock) return tl::unexpected{lock.error()};
    auto const home = where.kernels() / called;
    std::error_code ignored;
    if (fs::symlink_status(home, ignored).type() != fs::file_type::not_found)
        return usage_error("{} is there already: remove it, or give another --name", home.string());
    auto const shop = workshop::open(where.kernels());
    if (!shop) return tl::unexpected{shop.error()};
    return make_kernel({package}, called, *shop, where.kernels());
}

auto make_default_kernel(std::string const& name, paths const& where) -> result<void> {
    auto const lock = kernels_lock::take(where.kernels());
    if (!lock) return tl::unexpected{lock.error()};
    auto const link = where.kernels() / "default";
    auto const beside = where.kernels() / ".new-default";
    if (::symlink(name.c_str(), beside.c_str()) != 0) return system_failure(errno, "{}", beside.string());
    if (::rename(beside.c_str(), link.c_str()) != 0) {
        auto const number = errno;
        ::unlink(beside.c_str());
        return system_failure(number, "{}", link.string());
    }
    return {};
}

} // namespace ktest::cli
