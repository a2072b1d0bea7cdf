#pragma once

#include <ktest/image/initramfs.hpp>
#include <ktest/image/modules_image.hpp>
#include <ktest/image/root_image.hpp>
#include <ktest/kernel/kernel_store.hpp>
#include <ktest/program.hpp>
#include <ktest/run/build_kernel.hpp>
#include <ktest/run/guest_init.hpp>
#include <ktest/run/machine_request.hpp>
#include <ktest/run/stage_files.hpp>
#include <ktest/vm/qemu_command.hpp>

#include <fmt/ranges.h>
#include <range/v3/view/transform.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ktest {

/// What a user may say about any VM, whatever it is for.
struct guest_wishes {
    std::optional<std::string> kernel;
    std::optional<build_wishes> build; ///< none: a kernel tree is nothing to this command
    std::vector<kernel_option> config; ///< what the kernel must have
    std::optional<std::filesystem::path> image;
    accelerator_wish acceleration = accelerator_wish::automatic;
    std::optional<bytes> memory;
    std::optional<unsigned> cpus;
    std::vector<std::string> append;
    std::vector<std::string> qemu_arguments;
    bool open_network = false;
    bool no_sandbox = false;
    node_cache_wish node_cache;
    std::optional<std::chrono::seconds> slot_wait; ///< none: until there is one
    friend auto operator==(guest_wishes const&, guest_wishes const&) -> bool = default;
};

/// The machine that is wished for, and what the user should know of how it was chosen.
struct chosen_machine {
    machine_request request;
    std::string manifest;            ///< of the root image
    std::vector<std::string> notes;  ///< a line each
    std::optional<source_tree> tree; ///< that the user stands in
    std::vector<unmet_option> unmet; ///< of the wished-for options, in a kernel that is not ours to build
    descriptor build_lock;           ///< no other build changes the kernel while it is open
};

namespace detail {

inline auto host_memory() -> bytes {
    return {static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES))
            * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))};
}

/// Builds the kernel of the tree that the user stands in, or takes one that was built before.
inline auto choose_or_build(guest_wishes const& wishes, paths const& where, build_watcher const& watcher,
                            chosen_machine& machine) -> result<kernel> {
    if (wishes.build) {
        if (wishes.kernel && wishes.build->any())
            return usage_error("-k {}: a kernel that is built takes none of -C, --build-dir, --kconfig, "
                               "--with, --jobs and --no-build",
                               *wishes.kernel);
        auto tree = find_wished_tree(*wishes.build);
        if (!tree) return tl::unexpected{tree.error()};
        machine.tree = std::move(*tree);
    }
    if (machine.tree && !wishes.kernel)
        return build_kernel(*machine.tree, *wishes.build, wishes.config, watcher).map([&](built_kernel made) {
            machine.build_lock = std::move(made.lock);
            return std::move(made.built);
        });
    kernel_request asked{.option = wishes.kernel};
    if (auto const* const environment = std::getenv("KTEST_KERNEL")) asked.environment = environment;
    return choose_kernel(asked, where).map([&](chosen_kernel chosen) {
        if (!chosen.announced.empty())
            machine.notes.push_back(fmt::format("kernel {} ({})", chosen.chosen.release, chosen.announced));
        return std::move(chosen.chosen);
    });
}

/// What the kernel's own configuration lacks; where none came with it, that is told.
inline auto check_config(kernel const& chosen, std::vector<kernel_option> const& wanted,
                         chosen_machine& machine) -> result<void> {
    if (wanted.empty()) return {};
    if (chosen.config.empty()) {
        machine.notes.push_back(
            fmt::format("no .config came with kernel {}: CONFIG is not checked", chosen.release));
        return {};
    }
    return read_file(chosen.config).map([&](std::string const& text) {
        machine.unmet = unmet_options(parse_kconfig(text), wanted);
    });
}

/// Whether QEMU gets its sandbox; where it is wished for and cannot be had, that is told.
inline auto can_be_sandboxed(guest_wishes const& wishes, chosen_machine& machine) -> bool {
    auto const qemu = find_program(x86_64::program, "qemu-system-x86");
    if (wishes.no_sandbox || !qemu) return !wishes.no_sandbox;
    auto const obstacle = sandbox_obstacle(*qemu);
    if (obstacle)
        machine.notes.push_back(fmt::format("{}: the guest runs in a QEMU without its sandbox", *obstacle));
    return !obstacle;
}

} // namespace detail

/// The options that a kernel lacks, on one line.
inline auto to_string(std::vector<unmet_option> const& unmet) -> std::string {
    return fmt::format("{}", fmt::join(unmet | ranges::views::transform([](auto const& option) {
                                           return to_string(option);
                                       }),
                                       ", "));
}

/// Chooses kernel, image and accelerator, builds what is to be built, and makes the cached images that they
/// need.
inline auto choose_machine(guest_wishes const& wishes, paths const& where, build_watcher const& watcher)
    -> result<chosen_machine> {
    chosen_machine machine;
    auto const image = find_root_image(wishes.image, where);
    if (!image) return tl::unexpected{image.error()};
    auto const init = find_guest_init();
    if (!init) return tl::unexpected{init.error()};
    auto const acceleration = choose_accelerator(wishes.acceleration, where);
    if (!acceleration) return tl::unexpected{acceleration.error()};
    auto chosen = detail::choose_or_build(wishes, where, watcher, machine);
    if (!chosen) return tl::unexpected{chosen.error()};
    if (auto checked = detail::check_config(*chosen, wishes.config, machine); !checked)
        return tl::unexpected{checked.error()};
    auto const initramfs = build_initramfs(*init, *chosen, where);
    if (!initramfs) return tl::unexpected{initramfs.error()};
    auto modules = modules_image(*chosen, where);
    if (!modules) return tl::unexpected{modules.error()};

    auto const sandboxed = detail::can_be_sandboxed(wishes, machine);
    machine.manifest = image->manifest;
    if (!acceleration->note.empty()) machine.notes.push_back(acceleration->note);
    machine.request = {.acceleration = acceleration->chosen,
                       .kernel = std::move(*chosen),
                       .initramfs = *initramfs,
                       .modules_image = std::move(*modules),
                       .root_image = image->path,
                       .memory = wishes.memory.value_or(bytes{1ULL << 30U}),
                       .cpus = wishes.cpus.value_or(::sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 2U : 1U),
                       .open_network = wishes.open_network,
                       .sandboxed = sandboxed,
                       .append = wishes.append,
                       .qemu_arguments = wishes.qemu_arguments};
    return machine;
}

/// Refuses a machine that this host cannot hold, before anything is started.
inline auto check_fits(machine_request const& wanted) -> result<void> {
    auto const there = detail::host_memory();
    if (wanted.memory > there)
        return unavailable("a guest with {} of memory does not fit this host, which has {}",
                           to_string(wanted.memory), to_string(bytes{there.count >> 20U << 20U}));
    if (wanted.scratch.size() + 3 > disk_limit)
        return usage_error("{} scratch disks are too many: {} fit", wanted.scratch.size(), disk_limit - 3);
    return {};
}

} // namespace ktest
