#include "../image_options.hpp"
#include "../run_tool.hpp"

auto main(int argc, char** argv) -> int {
    return ktest::cli::run_tool([&] {
        CLI::App app{
            "Makes a root file system image for ktest's virtual machines: a small Debian in an ext4 file.\n"
            "Works as root, and as a user who has unprivileged user namespaces and uidmap."};
        ktest::root_image_plan plan;
        std::filesystem::path file;
        ktest::cli::add_image_options(app, plan);
        app.add_option("FILE", file, "the image; FILE.manifest beside it tells what is in it")->required();
        try {
            app.parse(argc, argv);
        } catch (CLI::ParseError const& failure) {
            return app.exit(failure) == 0 ? 0 : 2;
        }
        auto const made = ktest::cli::make_image(file, plan);
        return made ? 0 : ktest::cli::report(made.error());
    });
}
