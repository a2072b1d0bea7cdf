#include "catch.hpp"
#include "kernel_test.hpp"
#include <ktest/kernel/modules.hpp>

using namespace ktest;
using namespace ktest::test;

namespace {

auto file_names(module_closure const& found) {
    std::vector<std::string> names;
    for (auto const& file : found.files) names.push_back(file.filename().string());
    return names;
}

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("modules come after what they need, each once", "[modules]") {
    temporary_home const home;
    auto const found = find_modules(kernel_with_modules(home), {"virtio_blk", "virtio_rng", "virtio"});
    REQUIRE(found);
    CHECK(file_names(*found) == strings{"ring.ko", "virtio.ko", "virtio_blk.ko", "virtio-rng.ko"});
    for (auto const& file : found->files) CHECK(std::filesystem::exists(file));
}

TEST_CASE("built-in modules are left out, unknown ones reported", "[modules]") {
    temporary_home const home;
    auto const found = find_modules(kernel_with_modules(home), {"virtio-pci", "ext4", "nope", "isofs"});
    REQUIRE(found);
    CHECK(file_names(*found) == strings{"isofs.ko"});
    CHECK(found->unknown == strings{"nope"});
}

TEST_CASE("dashes and underscores are the same, and compression is no part of a name", "[modules]") {
    temporary_home const home;
    auto const kernel = kernel_with_modules(home);
    home.write("made/lib/modules/6.1.0-test/modules.dep",
               "kernel/a-b_c.ko.xz: kernel/d_e.ko.zst\nkernel/d_e.ko.zst:\n");
    auto const found = find_modules(kernel, {"a_b-c"});
    REQUIRE(found);
    CHECK(file_names(*found) == strings{"d_e.ko.zst", "a-b_c.ko.xz"});
}

TEST_CASE("soft dependencies come before, by alias too, and may go round in circles", "[modules]") {
    temporary_home const home;
    auto const kernel = kernel_with_modules(home);
    home.write("made/lib/modules/6.1.0-test/modules.dep",
               "fs.ko: lib.ko\nlib.ko:\nfast.ko:\nplain.ko:\nlate.ko:\n");
    home.write("made/lib/modules/6.1.0-test/modules.softdep",
               "# comment\nsoftdep fs pre: crc32c lib post: late\nsoftdep lib pre: fs\nsoftdep\nsoftdep x\n");
    home.write("made/lib/modules/6.1.0-test/modules.alias",
               "# Aliases\nalias crc32c fast\nalias crc32c-other late\nalias crc32c plain\n");
    auto const found = find_modules(kernel, {"fs"});
    REQUIRE(found);
    CHECK(file_names(*found) == strings{"fast.ko", "plain.ko", "lib.ko", "fs.ko"});
}

TEST_CASE("a kernel without modules has everything built in", "[modules]") {
    CHECK(find_modules(kernel{}, {"virtio_blk"}) == module_closure{});
}

TEST_CASE("a module directory that depmod has not seen is an error that says what to run", "[modules]") {
    temporary_home const home;
    auto const kernel = kernel_with_modules(home);
    std::filesystem::remove(kernel.modules / "modules.dep");
    auto const found = find_modules(kernel, {"virtio_blk"});
    REQUIRE_FALSE(found);
    CHECK(found.error().message.find("modules.dep") != std::string::npos);
    CHECK(found.error().message.find("depmod -b " + (home.path / "made").string()) != std::string::npos);
}

TEST_CASE("a modules.dep of garbage breaks nothing", "[modules]") {
    temporary_home const home;
    auto const kernel = kernel_with_modules(home);
    home.write("made/lib/modules/6.1.0-test/modules.dep",
               "\n:::\n  \n/\n.ko:\nno colon\na.ko: b.ko c.ko a.ko\n");
    auto const found = find_modules(kernel, {"a", "", "b"});
    REQUIRE(found);
    CHECK(file_names(*found) == strings{"a.ko"});
}

TEST_CASE("modules may need each other in a chain of any length", "[modules]") {
    temporary_home const home;
    auto const kernel = kernel_with_modules(home);
    constexpr auto length = 100'000;
    std::string chain;
    for (auto i = 0; i < length; ++i) chain += fmt::format("m{}.ko: m{}.ko\n", i, i + 1);
    home.write("made/lib/modules/6.1.0-test/modules.dep", chain);
    auto const found = find_modules(kernel, {"m0"});
    REQUIRE(found);
    REQUIRE(found->files.size() == length);
    CHECK(found->files.back().filename() == "m0.ko");
}
