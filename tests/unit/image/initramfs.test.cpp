#include "../kernel/kernel_test.hpp"
#include "catch.hpp"
#include <ktest/image/initramfs.hpp>

using namespace ktest;
using namespace ktest::test;

namespace {

auto listing(std::filesystem::path const& cpio) {
    std::vector<std::pair<std::string, std::string>> files;
    auto* const in = archive_read_new();
    archive_read_support_format_cpio(in);
    REQUIRE(archive_read_open_filename(in, cpio.c_str(), 1U << 16U) == ARCHIVE_OK);
    ::archive_entry* entry = nullptr;
    while (archive_read_next_header(in, &entry) == ARCHIVE_OK) {
        std::string content(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
        archive_read_data(in, content.data(), content.size());
        files.emplace_back(archive_entry_pathname(entry), content);
    }
    archive_read_free(in);
    return files;
}

auto files_in(std::filesystem::path const& directory) {
    return std::distance(std::filesystem::directory_iterator{directory}, {}) - 1; // without the lock
}

} // namespace

TEST_CASE("an initramfs holds init, a console and the modules in the order of loading", "[initramfs]") {
    temporary_home const home;
    auto const made = build_initramfs(home.write("init", "program"), kernel_with_modules(home), home.where);
    REQUIRE(made);
    CHECK(listing(*made)
          == std::vector<std::pair<std::string, std::string>>{
              {"dev", ""},
              {"dev/console", ""},
              {"init", "program"},
              {"modules", ""},
              {"modules/00-ring.ko", "code of ring"},
              {"modules/01-virtio.ko", "code of virtio"},
              {"modules/02-virtio_blk.ko", "code of virtio_blk"},
              {"modules/03-isofs.ko", "code of isofs"},
              {"modules/04-virtio-rng.ko", "code of virtio-rng"},
              {"modules/order",
               "00-ring.ko\n01-virtio.ko\n02-virtio_blk.ko\n03-isofs.ko\n04-virtio-rng.ko\n"}});
}

TEST_CASE("an initramfs is made once, and anew when init or a module has changed", "[initramfs]") {
    temporary_home const home;
    auto const init = home.write("init", "program");
    auto const kernel = kernel_with_modules(home);
    auto const first = build_initramfs(init, kernel, home.where);
    REQUIRE(first);
    struct stat before {};
    ::stat(first->c_str(), &before);
    CHECK(build_initramfs(init, kernel, home.where) == first);
    struct stat after {};
    ::stat(first->c_str(), &after);
    CHECK(before.st_ino == after.st_ino);
    CHECK(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);

    auto const rebuilt = home.write("made/lib/modules/6.1.0-test/kernel/ring.ko", "code OF ring");
    std::filesystem::last_write_time(rebuilt,
                                     std::filesystem::last_write_time(kernel.modules / "modules.dep"));
    auto const second = build_initramfs(init, kernel, home.where);
    REQUIRE(second);
    CHECK(second != first);
    CHECK(listing(*second)[4].second == "code OF ring");

    home.write("init", "another");
    auto const third = build_initramfs(init, kernel, home.where);
    REQUIRE(third);
    CHECK(listing(*third)[2].second == "another");
    CHECK(files_in(third->parent_path()) == 3);
}

TEST_CASE("the cache of initramfs images is bounded, and what a dead process left goes", "[initramfs]") {
    temporary_home const home;
    auto const kernel = kernel_with_modules(home);
    home.write(".cache/ktest/initramfs/.new-abandoned", "half");
    std::filesystem::path last;
    for (auto i = 0; i < 20; ++i) {
        auto const made = build_initramfs(home.write("init", std::to_string(i)), kernel, home.where);
        REQUIRE(made);
        last = *made;
    }
    CHECK(files_in(last.parent_path()) == 16);
    CHECK(std::filesystem::exists(last));
    CHECK_FALSE(std::filesystem::exists(last.parent_path() / ".new-abandoned"));
}

TEST_CASE("a kernel that lacks what the guest needs is an error that names both", "[initramfs]") {
    temporary_home const home;
    auto const kernel = kernel_with_modules(home);
    home.write("made/lib/modules/6.1.0-test/modules.builtin", "kernel/virtio_pci.ko\nkernel/fs/ext4.ko\n");
    auto const made = build_initramfs(home.write("init", "program"), kernel, home.where);
    REQUIRE_FALSE(made);
    CHECK(made.error().kind == fault::unavailable);
    CHECK(made.error().message.find(kernel.image.string()) == 0);
    CHECK(made.error().message.find("virtio_console") != std::string::npos);
}

TEST_CASE("without modules the kernel's own configuration says what it lacks", "[initramfs]") {
    temporary_home const home;
    auto const init = home.write("init", "program");
    kernel tree{.name = "tree", .image = home.path / "tree/vmlinux"};
    auto const made = build_initramfs(init, tree, home.where);
    REQUIRE(made);
    CHECK(listing(*made).size() == 5);

    std::string const all =
        "CONFIG_VIRTIO_PCI=y\nCONFIG_VIRTIO_BLK=y\nCONFIG_VIRTIO_CONSOLE=y\nCONFIG_ISO9660_FS=y\n";
    tree.config = home.write("tree/.config", all + "CONFIG_EXT4_FS=y\n");
    CHECK(build_initramfs(init, tree, home.where));
    home.write("tree/.config", all + "CONFIG_EXT4_FS=m\n");
    auto refused = build_initramfs(init, tree, home.where);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("INSTALL_MOD_PATH=" + (home.path / "tree").string())
          != std::string::npos);
    home.write("tree/.config", all + "# CONFIG_EXT4_FS is not set\n");
    refused = build_initramfs(init, tree, home.where);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("CONFIG_EXT4_FS=y") != std::string::npos);
}

TEST_CASE("what cannot be read leaves nothing behind in the cache", "[initramfs]") {
    temporary_home const home;
    auto const kernel = kernel_with_modules(home);
    CHECK_FALSE(build_initramfs(home.path / "nothing", kernel, home.where));
    std::filesystem::remove(kernel.modules / "kernel/ring.ko");
    CHECK_FALSE(build_initramfs(home.write("init", "program"), kernel, home.where));
    std::filesystem::create_directory(kernel.modules / "kernel/ring.ko");
    CHECK_FALSE(build_initramfs(home.path / "init", kernel, home.where));
    CHECK(files_in(home.where.cache / "initramfs") == 0);
}
