#include "../../catch.hpp"
#include "template_test.hpp"
#include <ktest/run/template_key.hpp>

using namespace ktest;

namespace {

struct some_machine {
    test::temporary_templates place;
    std::filesystem::path qemu = file("qemu");
    machine_request wanted{.name = "a",
                           .acceleration = accelerator::tcg,
                           .kernel = {.name = "k", .image = file("kernel"), .release = "6.1"},
                           .initramfs = file("initramfs"),
                           .modules_image = file("modules"),
                           .root_image = file("root"),
                           .memory = bytes{256U << 20U},
                           .cpus = 2,
                           .scratch = {bytes{1U << 30U}}};

    auto file(char const* name) const -> std::filesystem::path {
        REQUIRE(write_file(place.path / name, name));
        return place.path / name;
    }
    auto key() const { return template_key(wanted, true, qemu); }
};

} // namespace

TEST_CASE("the test's name is no part of the key", "[template_key]") {
    some_machine it;
    auto const before = it.key();
    it.wanted.name = "b";
    CHECK(it.key() == before);
}

TEST_CASE("the sizes of scratch disks are no part of the key", "[template_key]") {
    some_machine it;
    auto const before = it.key();
    it.wanted.scratch = {bytes{5U << 20U}};
    CHECK(it.key() == before);
}

TEST_CASE("a file that was made anew, with the same content, is another guest", "[template_key]") {
    some_machine it;
    auto const before = it.key();
    auto const name = GENERATE(as<char const*>{}, "qemu", "kernel", "initramfs", "modules", "root");
    it.file(name);
    CHECK(it.key() != before);
}

TEST_CASE("whoever reads a cached image changes no key", "[template_key]") {
    some_machine it;
    auto const before = it.key();
    CHECK(detail::touch(it.wanted.initramfs));
    CHECK(detail::touch(*it.wanted.modules_image));
    CHECK(it.key() == before);
}

TEST_CASE("a guest without a payload disk is another guest", "[template_key]") {
    some_machine const it;
    CHECK(template_key(it.wanted, false, it.qemu) != it.key());
}

TEST_CASE("whatever shapes the machine is part of the key", "[template_key]") {
    some_machine it;
    auto const before = it.key();
    SECTION("memory") { it.wanted.memory = bytes{512U << 20U}; }
    SECTION("processors") { it.wanted.cpus = 1; }
    SECTION("a disk more") { it.wanted.scratch.push_back(bytes{1U << 30U}); }
    SECTION("the kernel's command line") { it.wanted.append = {"quiet"}; }
    SECTION("the network") { it.wanted.open_network = true; }
    SECTION("no modules") { it.wanted.modules_image.reset(); }
    SECTION("reboots") { it.wanted.may_reboot = true; }
    SECTION("the accelerator") { it.wanted.acceleration = accelerator::kvm; }
    CHECK(it.key() != before);
}
