#pragma once

#include "report_error.hpp"
#include <ktest/image/make_root_image.hpp>
#include <ktest/spec/bytes.hpp>

#include <CLI/CLI.hpp>

namespace ktest::cli {

/// The options that `ktest image` and `create_vm_image` share.
inline void add_image_options(CLI::App& app, root_image_plan& plan) {
    app.add_option("-m,--mirror", plan.mirror, "Debian mirror (default: those of this machine's apt)")
        ->type_name("URI");
    app.add_option_function<std::string>(
           "-s,--size",
           [&plan](std::string const& text) {
               auto const size = parse_bytes(text, bare_number::refused);
               if (!size) throw CLI::ValidationError{"--size", size.error().message};
               plan.size = *size;
           },
           "size of the file system (default: 2G; the file is sparse)")
        ->type_name("SIZE");
    app.add_option("--suite", plan.suite, "Debian release (default: this machine's own, else bookworm)")
        ->type_name("SUITE");
    app.add_option("--include", plan.packages, "more packages, as gcc,make,gdb")
        ->delimiter(',')
        ->type_name("PACKAGES");
}

/// Makes an image, and says so, for it takes a while.
inline auto make_image(std::filesystem::path const& path, root_image_plan const& plan) -> result<void> {
    tell("making the root image {} (about half a minute)", path.string());
    auto made = make_root_image(path, plan);
    if (made) fmt::print("{}\n", path.string());
    return made;
}

} // namespace ktest::cli
