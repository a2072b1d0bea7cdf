#pragma once

#include <ktest/image/initramfs.hpp>
#include <ktest/image/modules_image.hpp>
#include <ktest/image/root_image.hpp>
#include <ktest/kernel/kernel_store.hpp>
#include <ktest/run/guest_init.hpp>
#include <ktest/run/machine_request.hpp>
#include <ktest/vm/qemu_command.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ktest {

/// What a user may say about any VM, whatever it is for.
struct guest_wishes {
    std::optional<std::string> kernel;
    std::optional<std::filesystem::path> image;
    accelerator_wish acceleration = accelerator_wish::automatic;
    std::optional<bytes> memory;
    std::optional<unsigned> cpus;
    std::vector<std::string> append;
    std::vector<std::string> qemu_arguments;
    bool open_network = false;
    std::optional<std::chrono::seconds> slot_wait; ///< none: until there is one
    friend auto operator==(guest_wishes const&, guest_wishes const&) -> bool = default;
};

/// The machine that is wished for, and what the user should know of how it was chosen.
struct chosen_machine {
    machine_request request;
    std::string manifest;           ///< of the root image
    std::vector<std::string> notes; ///< a line each
};

namespace detail {

inline auto host_memory() -> bytes {
    return {static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES))
            * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))};
}

} // namespace detail

/// Chooses kernel, image and accelerator, and makes the cached images that they need.
inline auto choose_machine(guest_wishes const& wishes, paths const& where) -> result<chosen_machine> {
    auto const* const environment = std::getenv("KTEST_KERNEL");
    kernel_request asked{.option = wishes.kernel};
    if (environment != nullptr) asked.environment = environment;
    auto chosen = choose_kernel(asked, where);
    if (!chosen) return tl::unexpected{chosen.error()};
    auto const image = find_root_image(wishes.image, where);
    if (!image) return tl::unexpected{image.error()};
    auto const acceleration = choose_accelerator(wishes.acceleration, where);
    if (!acceleration) return tl::unexpected{acceleration.error()};
    auto const initramfs = find_guest_init().and_then(
        [&](auto const& init) { return build_initramfs(init, chosen->chosen, where); });
    if (!initramfs) return tl::unexpected{initramfs.error()};
    auto modules = modules_image(chosen->chosen, where);
    if (!modules) return tl::unexpected{modules.error()};

    chosen_machine machine;
    machine.manifest = image->manifest;
    if (!chosen->announced.empty())
        machine.notes.push_back(fmt::format("kernel {} ({})", chosen->chosen.release, chosen->announced));
    if (!acceleration->note.empty()) machine.notes.push_back(acceleration->note);
    machine.request = {.acceleration = acceleration->chosen,
                       .kernel = std::move(chosen->chosen),
                       .initramfs = *initramfs,
                       .modules_image = std::move(*modules),
                       .root_image = image->path,
                       .memory = wishes.memory.value_or(bytes{1ULL << 30U}),
                       .cpus = wishes.cpus.value_or(::sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 2U : 1U),
                       .open_network = wishes.open_network,
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
