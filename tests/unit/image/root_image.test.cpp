#include "catch.hpp"
#include <ktest/image/root_image.hpp>

using namespace ktest;

namespace {

/// A home with nothing in it, and no KTEST_IMAGE.
struct empty_home {
    std::filesystem::path path;
    paths where;
    empty_home() {
        auto name = (std::filesystem::temp_directory_path() / "ktest-test-XXXXXX").string();
        path = ::mkdtemp(name.data());
        where = {path / "user", path / "cache", path / "run"};
        std::filesystem::create_directories(where.user);
        ::unsetenv("KTEST_IMAGE");
    }
    ~empty_home() {
        ::unsetenv("KTEST_IMAGE");
        std::filesystem::remove_all(path);
    }
    auto machine() const { return path / "machine"; }
    auto find(std::optional<std::filesystem::path> const& asked = {}) const {
        return find_root_image(asked, where, machine());
    }
};

/// What the check looks at: the magic number, 2 blocks of 1 KiB more than the superblock's own.
auto small_ext4() -> std::string {
    std::string image(4096, '\0');
    image[1024 + 0x04] = 4;
    image[1024 + 0x38] = '\x53';
    image[1024 + 0x39] = '\xef';
    return image;
}

auto contains(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("without any image the error says how to make one", "[root_image]") {
    empty_home const home;
    auto const found = home.find();
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == fault::unavailable);
    CHECK(contains(found.error().message, "ktest image"));
}

TEST_CASE("the image asked for wins over the environment's, the user's and the machine's", "[root_image]") {
    empty_home const home;
    auto const asked = home.path / "asked";
    auto const environment = home.path / "environment";
    for (auto const& path : {asked, environment, home.where.root_image(), home.machine()})
        REQUIRE(write_file(path, small_ext4()));
    ::setenv("KTEST_IMAGE", environment.c_str(), 1);
    CHECK(home.find(asked)->path == asked);
    CHECK(home.find()->path == environment);
    ::setenv("KTEST_IMAGE", "", 1);
    CHECK(home.find()->path == home.where.root_image());
    std::filesystem::remove(home.where.root_image());
    CHECK(home.find()->path == home.machine());
}

TEST_CASE("the manifest beside an image comes along", "[root_image]") {
    empty_home const home;
    REQUIRE(write_file(home.machine(), small_ext4()));
    CHECK(home.find()->manifest.empty());
    REQUIRE(write_file(home.machine().string() + ".manifest", "ktest image manifest 1\n"));
    CHECK(home.find()->manifest == "ktest image manifest 1\n");
}

TEST_CASE("an image that cannot be used is an error, though another could serve", "[root_image]") {
    empty_home const home;
    auto const path = home.where.root_image();
    REQUIRE(write_file(home.machine(), small_ext4()));
    auto const message = [&] {
        auto const found = home.find();
        REQUIRE_FALSE(found);
        CHECK(contains(found.error().message, path.string()));
        return found.error().message;
    };

    REQUIRE(write_file(path, ""));
    CHECK(contains(message(), "not an ext4 image"));
    REQUIRE(write_file(path, std::string(1 << 16, 'x')));
    CHECK(contains(message(), "not an ext4 image"));
    REQUIRE(write_file(path, small_ext4().substr(0, 3000)));
    CHECK(contains(message(), "the end of the image is missing"));
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    message();
    if (::geteuid() == 0) return;
    std::filesystem::remove(path);
    REQUIRE(write_file(path, small_ext4(), 0));
    CHECK(contains(message(), "Permission denied"));
}

TEST_CASE("an image asked for that does not exist is an error", "[root_image]") {
    empty_home const home;
    auto const found = home.find(home.path / "nothing");
    REQUIRE_FALSE(found);
    CHECK(contains(found.error().message, "nothing"));
}
