#include "commands.hpp"
#include "measure.hpp"
#include <ktest/image/root_image.hpp>
#include <ktest/kernel/kernel_store.hpp>
#include <ktest/program.hpp>
#include <ktest/run/guest_init.hpp>
#include <ktest/slot/slot_pool.hpp>
#include <ktest/vm/accelerator.hpp>
#include <ktest/vm/machine.hpp>
#include <ktest/vm/qemu_sandbox.hpp>

#include <cstdio>
#include <memory>

#include <sys/statvfs.h>

namespace ktest::cli {

namespace {

/// What one check found, or what is wrong and how to mend it.
void show(std::string_view what, result<std::string> const& found) {
    fmt::print("{:<10} {} {}\n", what, found ? "ok  " : "BAD ", found ? *found : found.error().message);
}

auto free_space(std::filesystem::path const& directory) -> result<std::string> {
    struct statvfs status {};
    if (::statvfs(directory.c_str(), &status) != 0) return system_failure(errno, "{}", directory.string());
    return fmt::format("{} ({} MiB free)", directory.string(), status.f_bavail * status.f_frsize >> 20U);
}

/// Whether everything that a run needs is there.
auto examine(paths const& where) -> bool {
    auto const checks = {
        std::pair{"qemu", find_program(x86_64::program, "qemu-system-x86").map([](auto const& p) {
                      return p.string();
                  })},
        std::pair{"sandbox", find_program(x86_64::program, "qemu-system-x86").map([](auto const& qemu) {
                      return sandbox_obstacle(qemu).value_or("QEMU has seccomp");
                  })},
        std::pair{
            "kvm",
            choose_accelerator(accelerator_wish::automatic, where).map([](accelerator_choice const& choice) {
                return choice.note.empty() ? std::string{to_string(choice.chosen)} : choice.note;
            })},
        std::pair{"kernel", choose_kernel({}, where).map([](chosen_kernel const& kernel) {
                      return fmt::format("{} ({})", kernel.chosen.release, kernel.chosen.image.string());
                  })},
        std::pair{"image", find_root_image({}, where).map(
                               [](root_image const& image) { return image.path.string(); })},
        std::pair{"init", find_guest_init().map([](auto const& path) { return path.string(); })},
        std::pair{"mke2fs",
                  find_program("mke2fs", "e2fsprogs").map([](auto const& p) { return p.string(); })},
        std::pair{"ssh", find_program("ssh", "openssh-client").map([](auto const& p) { return p.string(); })},
        std::pair{"slots", claim_slot(where, {.budget = std::chrono::seconds{0}}).map([](slot const& place) {
                      return fmt::format("slot {} is free", place.number.name());
                  })},
        std::pair{"scratch", free_space(where.scratch())},
    };
    auto well = true;
    for (auto const& [what, found] : checks) {
        show(what, found);
        well &= found.has_value();
    }
    return well;
}

} // namespace

void add_doctor(CLI::App& app, int& status) {
    auto* const command = app.add_subcommand("doctor", "Check that this machine has what ktest needs");
    struct options {
        bool measure = false;
        unsigned restores = proving_restores;
    };
    auto const asked = std::make_shared<options>();
    command->add_flag(
        "--measure", asked->measure,
        "boot and restore a guest some times: how long that takes here, and whether it goes well");
    command->add_option("--restores", asked->restores, "how many times --measure restores it")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->callback([&status, asked] {
        auto const where = find_paths();
        if (!where) show("home", where.map([](auto const&) { return std::string{}; }));
        status = where && examine(*where) && (!asked->measure || measure(*where, asked->restores)) ? 0 : 125;
    });
}

} // namespace ktest::cli
