#include "../image_options.hpp"
#include "../report_error.hpp"
#include "commands.hpp"
#include <ktest/image/root_image.hpp>

#include <memory>

namespace ktest::cli {

namespace {

struct image_request {
    root_image_plan plan;
    bool force = false;
};

/// Makes the user's root image where there is none.
auto provide_image(image_request const& wanted) -> result<void> {
    auto const where = find_paths();
    if (!where) return tl::unexpected{where.error()};
    auto const path = where->root_image();
    if (std::filesystem::exists(path) && !wanted.force) {
        return open_root_image(path).map([](root_image const& image) {
            fmt::print("{} is there ('ktest image --force' makes it anew)\n", image.path.string());
        });
    }
    if (auto made = make_private(where->user); !made) return made;
    return make_image(path, wanted.plan);
}

} // namespace

void add_image(CLI::App& app, int& status) {
    auto* const command = app.add_subcommand("image", "Make the root file system image in $HOME/.ktest/root");
    auto const wanted = std::make_shared<image_request>();
    add_image_options(*command, wanted->plan);
    command->add_flag("--force", wanted->force, "make it anew though there is one");
    command->callback([wanted, &status] {
        auto const provided = provide_image(*wanted);
        if (!provided) status = report(provided.error());
    });
}

} // namespace ktest::cli
