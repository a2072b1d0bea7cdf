#include "kernel_build.hpp"

#include "../guest_options.hpp"
#include "../report_error.hpp"
#include "build_progress.hpp"

#include <memory>

namespace ktest::cli {

namespace {

auto build(guest_wishes const& wishes) -> result<void> {
    auto const tree = find_wished_tree(*wishes.build);
    if (!tree) return tl::unexpected{tree.error()};
    if (!*tree)
        return usage_error(
            "not in a Linux source tree, nor in a directory that one was built in: name one with -C");
    progress console{STDERR_FILENO};
    auto const made = build_kernel(**tree, *wishes.build, wishes.config, watch_build(console));
    if (!made) return tl::unexpected{made.error()};
    console.clear();
    fmt::print("{}\n", made->tree.build.string());
    return {};
}

} // namespace

void add_kernel_build(CLI::App& kernel, int& status) {
    auto wishes = std::make_shared<guest_wishes>();
    auto* const command = kernel.add_subcommand(
        "build", "Builds the kernel of a source tree as a run in it would, and prints what -k then takes");
    add_build_options(*command, *wishes);
    command->callback([wishes, &status] {
        auto const done = build(*wishes);
        status = done ? 0 : report(done.error());
    });
}

} // namespace ktest::cli
