#include "catch.hpp"
#include "unit/kernel/kconfig_test.hpp"
#include <ktest/run/build_kernel.hpp>

using namespace ktest;

TEST_CASE("a kernel that was built is found with its release and what modprobe must know", "[build_kernel]") {
    test::kconfig_tree files;
    files.write("Makefile", "all:\n\t@false\n");
    files.write("build/.config", "CONFIG_MODULES=y\nCONFIG_PVH=y\n");
    files.write("build/vmlinux", "");
    files.write("build/include/config/kernel.release", "6.1.0-mine+\n");
    files.write("build/modules.builtin", "kernel/drivers/md/bcache/bcache.ko\n");
    source_tree const tree{.source = files.root, .build = files.root / "build"};
    build_watcher const watcher{[](std::string_view) {}, [](std::string_view) {}};

    auto found = build_kernel(tree, {.no_build = true}, {}, watcher);
    REQUIRE(found);
    CHECK(found->built.release == "6.1.0-mine+");
    CHECK(found->built.image == tree.build / "vmlinux");
    CHECK(found->built.modules == tree.build / "modules/lib/modules/6.1.0-mine+");
    CHECK(std::filesystem::exists(found->built.modules / "modules.builtin.bin"));
    CHECK_FALSE(std::filesystem::exists(tree.build / "build.log"));

    found->lock.close();
    files.write("build/.config", "CONFIG_MODULES=y\n");
    auto const not_built = build_kernel(tree, {.no_build = true}, {}, watcher);
    REQUIRE_FALSE(not_built);
    CHECK(not_built.error()
          == error{fault::unavailable, (tree.build / "arch/x86/boot/bzImage").string() + ": not built yet"});
}

TEST_CASE("A kernel starts by PVH, but not one whose first steps a sanitizer watches") {
    CHECK(detail::boot_image_of(parse_kconfig("CONFIG_PVH=y\n")) == "vmlinux");
    CHECK(detail::boot_image_of(parse_kconfig("CONFIG_PVH=y\nCONFIG_KASAN=y\n")) == "arch/x86/boot/bzImage");
    CHECK(detail::boot_image_of(parse_kconfig("CONFIG_PVH=y\nCONFIG_KCSAN=y\n")) == "arch/x86/boot/bzImage");
    CHECK(detail::boot_image_of(parse_kconfig("CONFIG_KASAN=y\n")) == "arch/x86/boot/bzImage");
}
