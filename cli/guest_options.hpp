#pragma once

#include <ktest/run/guest_wishes.hpp>
#include <ktest/spec/deps_values.hpp>

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

namespace ktest::cli {

/// An option whose text is read by one of our own parsers, so that its error is the one that everybody else
/// gets.
template<class Parse, class Take>
auto add_parsed(CLI::App& app, std::string const& names, Parse parse, Take take, std::string const& text) {
    return app
        .add_option_function<std::string>(
            names,
            [parse, take, names](std::string const& given) {
                auto value = parse(given);
                if (!value) throw CLI::ValidationError{names, value.error().message};
                take(std::move(*value));
            },
            text)
        ->type_name("");
}

/// The options of every command that starts a VM.
inline void add_guest_options(CLI::App& app, guest_wishes& wishes) {
    app.add_option("-k,--kernel", wishes.kernel,
                   "kernel: a file, a directory, or a name of 'ktest kernel list'");
    app.add_option("-i,--image", wishes.image, "root file system image (default: $HOME/.ktest/root)");
    add_parsed(
        app, "--accel", parse_accelerator_wish, [&](auto value) { wishes.acceleration = value; },
        "auto, kvm or tcg (default: auto)")
        ->envname("KTEST_ACCEL");
    add_parsed(
        app, "-m,--memory", read_memory, [&](auto value) { wishes.memory = value; },
        "memory of the VM, as 512M")
        ->envname("KTEST_MEMORY");
    app.add_option("--cpus", wishes.cpus, "virtual CPUs")->envname("KTEST_CPUS")->check(CLI::Range(1, 255));
    app.add_option("--append", wishes.append, "words for the kernel's command line")
        ->envname("KTEST_APPEND")
        ->allow_extra_args(false);
    app.add_option("--qemu-arg", wishes.qemu_arguments, "an argument for QEMU, as it stands (repeatable)")
        ->allow_extra_args(false);
    app.add_flag("--no-sandbox", wishes.no_sandbox,
                 "without QEMU's own seccomp filter, under which it can start no program");
    app.add_option_function<std::string>(
           "--net",
           [&](std::string const& given) {
               if (given != "open") throw CLI::ValidationError{"--net", "want open"};
               wishes.open_network = true;
           },
           "open: the guest may reach the host and the world")
        ->envname("KTEST_NET");
    app.add_option_function<unsigned>(
           "--slot-wait", [&](unsigned seconds) { wishes.slot_wait = std::chrono::seconds{seconds}; },
           "how many seconds to wait for a slot when all are taken (default: for ever)")
        ->envname("KTEST_SLOT_WAIT");
}

/// The options of the commands that build the kernel of the tree that one stands in.
inline void add_build_options(CLI::App& app, guest_wishes& wishes) {
    auto& build = wishes.build.emplace();
    app.add_option("-C,--tree", build.tree,
                   "build the kernel of this source tree or build directory (default: the one you stand in)")
        ->envname("KTEST_TREE");
    app.add_option("--build-dir", build.build_directory,
                   "where to build it: make's O= (default: .ktest in it)")
        ->envname("KTEST_BUILD_DIR");
    app.add_option("--kconfig", build.base_config,
                   "where a first .config comes from: a file, or a target of make, as defconfig")
        ->envname("KTEST_KCONFIG");
    app.add_option("--with", build.profiles, "debugging to build in, as lockdep,kasan")
        ->envname("KTEST_WITH")
        ->delimiter(',')
        ->allow_extra_args(false);
    add_parsed(
        app, "--config", read_options, [&](auto options) { wishes.config = std::move(options); },
        "kernel options that must be there, as a test's CONFIG: BCACHE,FOO=m")
        ->envname("KTEST_CONFIG");
    app.add_option("-j,--jobs", build.jobs, "jobs of the build (default: one a processor)")
        ->envname("KTEST_JOBS")
        ->check(CLI::Range(1U, 4096U));
    app.add_flag("--no-build", build.no_build, "take the kernel as it was built last")
        ->envname("KTEST_NO_BUILD");
}

/// `--cold`, for every command that may start its VM from a template.
inline void add_cold_option(CLI::App& app, bool& cold) {
    app.add_flag("--cold", cold, "boot the VM, even where a template of its kind is kept")
        ->envname("KTEST_COLD");
}

/// `--node-cache`, for every command that may start its VM from copies.
inline void add_node_cache_options(CLI::App& app, node_cache_wish& wish) {
    app.add_option("--node-cache", wish.directory,
                   "copy kernel, images and templates to this directory on a disk of this machine's own")
        ->envname("KTEST_NODE_CACHE");
    add_parsed(
        app, "--node-cache-size",
        [](std::string const& given) { return parse_bytes(given, bare_number::refused); },
        [&](bytes size) { wish.most = size; }, "the most that the copies take (default: 8G)")
        ->envname("KTEST_NODE_CACHE_SIZE");
}

/// `-s`, for every command that makes a VM without a script to say so.
inline void add_scratch_option(CLI::App& app, std::vector<bytes>& scratch) {
    add_parsed(
        app, "-s,--scratch", read_scratch, [&](std::vector<bytes> sizes) { scratch = std::move(sizes); },
        "sizes of scratch disks, as 512M,2G: /dev/vda, /dev/vdb, ...");
}

} // namespace ktest::cli
