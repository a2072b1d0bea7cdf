#include "catch.hpp"
#include "kernel_test.hpp"
#include <ktest/kernel/kernel_image.hpp>

using namespace ktest;
using namespace ktest::test;

TEST_CASE("a bzImage tells its release", "[kernel_image]") {
    temporary_home const home;
    CHECK(read_release(home.write("bzImage", bzimage("6.1.0-50-cloud-amd64"))) == "6.1.0-50-cloud-amd64");
}

TEST_CASE("a vmlinux tells its release, wherever it stands and whatever looks like it before",
          "[kernel_image]") {
    temporary_home const home;
    for (std::size_t const before : {64U, (1U << 20U) - 7U, (1U << 20U) + 5U, 5U << 20U}) {
        auto const image = "\177ELF" + std::string(before, 'x') + "Linux version %s ("
                           + "Linux version 6.12.0-rc1+ (someone) #1\n";
        CHECK(read_release(home.write("vmlinux", image)) == "6.12.0-rc1+");
    }
}

TEST_CASE("what is no kernel is an error that names it", "[kernel_image]") {
    temporary_home const home;
    for (auto const& content : {std::string{}, std::string{"text"}, std::string{"\177ELF program"},
                                bzimage("6.1").substr(0, 0x200), bzimage("no version")}) {
        auto const image = home.write("image", content);
        auto const release = read_release(image);
        REQUIRE_FALSE(release);
        CHECK(release.error().kind == fault::usage);
        CHECK(release.error().message.rfind(image.string(), 0) == 0);
    }
}

TEST_CASE("a bzImage whose end is missing is unavailable, not booted", "[kernel_image]") {
    temporary_home const home;
    auto image = bzimage("6.1.0-test");
    image[0x1f4] = '\x10'; // 256 bytes behind the setup sectors
    image.resize(0x500);
    CHECK(read_release(home.write("whole", image)) == "6.1.0-test");
    image.resize(0x4ff);
    auto const cut = read_release(home.write("cut", image));
    REQUIRE_FALSE(cut);
    CHECK(cut.error().kind == fault::unavailable);
    CHECK(cut.error().message.find("1279 of 1280 bytes") != std::string::npos);
}

TEST_CASE("an image that is not there, a directory and a named pipe are errors and keep nobody waiting",
          "[kernel_image]") {
    temporary_home const home;
    CHECK_FALSE(read_release(home.path / "nothing"));
    CHECK_FALSE(read_release(home.path));
    REQUIRE(::mkfifo((home.path / "pipe").c_str(), 0600) == 0);
    CHECK_FALSE(read_release(home.path / "pipe"));
}
