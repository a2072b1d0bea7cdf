#include "../../catch.hpp"
#include "template_test.hpp"
#include <ktest/run/kvm_fitness.hpp>

using namespace ktest;

TEST_CASE("restores under KVM are proved for one kernel and one QEMU", "[kvm_fitness]") {
    test::temporary_templates const place;
    auto const file = [&](char const* name) {
        REQUIRE(write_file(place.path / name, name));
        return place.path / name;
    };
    kernel const guest{.name = "k", .image = file("kernel"), .release = "6.1"};
    kernel const other{.name = "o", .image = file("other"), .release = "6.1"};
    auto const qemu = file("qemu");
    kvm_fitness const fitness{place.path / "templates", guest, qemu};
    CHECK_FALSE(fitness.is_proven());
    REQUIRE(fitness.prove());
    CHECK(fitness.is_proven());
    CHECK(kvm_fitness{place.path / "templates", guest, qemu}.is_proven());
    CHECK_FALSE(kvm_fitness{place.path / "templates", other, qemu}.is_proven());
    CHECK_FALSE(kvm_fitness{place.path / "templates", guest, file("qemu2")}.is_proven());
}

TEST_CASE("a processor is told by its model and its microcode, not by its speed", "[kvm_fitness]") {
    CHECK(
        detail::processor_identity("processor\t: 0\nvendor_id\t: GenuineIntel\nmodel\t: 1\ncpu MHz\t: 2100\n"
                                   "microcode\t: 0x2\n\nprocessor\t: 1\nmodel\t: 2\n")
        == "vendor_id\t: GenuineIntel\nmodel\t: 1\nmicrocode\t: 0x2\n");
}
