#include "../../catch.hpp"
#include "template_test.hpp"
#include <ktest/run/template_key.hpp>

using namespace ktest;

namespace {

struct some_machine {
    explicit some_machine(std::string const& directory) : shared{place.path / directory} {
        std::filesystem::create_directories(shared);
        std::filesystem::create_directory(place.path / "local");
        for (auto const* name : {"qemu", "kernel", "initramfs", "modules", "root"})
            REQUIRE(write_file(shared / name, name));
        wanted = {.name = "a",
                  .acceleration = accelerator::tcg,
                  .kernel = {.name = "k", .image = shared / "kernel", .release = "6.1"},
                  .initramfs = shared / "initramfs",
                  .modules_image = shared / "modules",
                  .root_image = shared / "root",
                  .memory = bytes{256U << 20U}};
    }
    auto stage(std::filesystem::path const& directory) -> std::vector<descriptor> {
        return stage_where_wished({.directory = directory}, wanted,
                                  [&](std::string const& text) { said = text; });
    }

    test::temporary_templates place;
    std::filesystem::path shared;
    machine_request wanted;
    std::string said;
};

} // namespace

TEST_CASE("a guest starts from the copies on its node", "[stage_files]") {
    some_machine it{"home"};
    auto const held = it.stage(it.place.path / "local");
    CHECK(held.size() == 4);
    CHECK(it.said == "4 files copied to this node, 0 MiB");
    auto const here = on_this_node(it.wanted);
    for (auto const& [file, content] :
         {std::pair{here.kernel.image, "kernel"}, std::pair{here.initramfs, "initramfs"},
          std::pair{*here.modules_image, "modules"}, std::pair{here.root_image, "root"}}) {
        CHECK(read_file(file) == content);
        CHECK(file.string().find("local") != std::string::npos);
    }
    it.said.clear();
    CHECK(it.stage(it.place.path / "local").size() == 4);
    CHECK(it.said.empty());
}

TEST_CASE("guests of the same content are of one kind, wherever their files lie", "[stage_files]") {
    some_machine one{"home"};
    some_machine other{"another/home"};
    auto const held = std::pair{one.stage(one.place.path / "local"), other.stage(other.place.path / "local")};
    auto const qemu = one.shared / "qemu";
    CHECK(template_key(one.wanted, true, qemu) == template_key(other.wanted, true, qemu));
    REQUIRE(write_file(other.shared / "modules", "others"));
    auto const again = other.stage(other.place.path / "local");
    CHECK(template_key(one.wanted, true, qemu) != template_key(other.wanted, true, qemu));
}

TEST_CASE("without a cache that can be used the shared files serve", "[stage_files]") {
    some_machine it{"home"};
    SECTION("none is wished for") {
        CHECK(it.stage("").empty());
        CHECK(it.said.empty());
    }
    SECTION("there is none") {
        CHECK(it.stage(it.place.path / "none").empty());
        CHECK(it.said.find("the guest starts from the shared files: ") != std::string::npos);
    }
    SECTION("what the guest writes is to be kept") {
        it.wanted.keep_root = true;
        CHECK(it.stage(it.place.path / "local").empty());
    }
    CHECK_FALSE(it.wanted.copies);
    CHECK(on_this_node(it.wanted) == it.wanted);
}
