#include "catch.hpp"
#include <ktest/file.hpp>
#include <ktest/image/unfinished_file.hpp>

using namespace ktest;

namespace {

struct scratch_directory {
    std::filesystem::path path;
    scratch_directory() {
        auto name = (std::filesystem::temp_directory_path() / "ktest-test-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~scratch_directory() { std::filesystem::remove_all(path); }
    auto files() const { return std::distance(std::filesystem::directory_iterator{path}, {}); }
};

} // namespace

TEST_CASE("an unfinished file leaves what has its name alone until it is finished", "[unfinished_file]") {
    scratch_directory const directory;
    auto const path = directory.path / "file";
    REQUIRE(write_file(path, "old"));
    {
        auto abandoned = unfinished_file::open(path);
        REQUIRE(abandoned);
        REQUIRE(write_all(abandoned->number(), "half"));
        CHECK(read_file(path) == "old");
    }
    CHECK(read_file(path) == "old");
    CHECK(directory.files() == 1);

    auto file = unfinished_file::open(path);
    REQUIRE(file);
    REQUIRE(write_all(file->number(), "new"));
    REQUIRE(file->finish());
    CHECK(read_file(path) == "new");
    CHECK(directory.files() == 1);
}

TEST_CASE("two that make the same file at once both finish", "[unfinished_file]") {
    scratch_directory const directory;
    auto const path = directory.path / "file";
    auto first = unfinished_file::open(path);
    auto second = unfinished_file::open(path);
    REQUIRE(first);
    if (!second) return; // where files need names one waits for the other's end
    CHECK(first->finish());
    CHECK(second->finish());
    CHECK(directory.files() == 1);
}

TEST_CASE("a file in a directory that does not exist is an error that names it", "[unfinished_file]") {
    auto const file = unfinished_file::open("/nonexistent/place/file");
    REQUIRE_FALSE(file);
    CHECK(file.error().message.find("/nonexistent/place") != std::string::npos);
}

TEST_CASE("an unfinished file has the mode that was asked for, within the umask", "[unfinished_file]") {
    scratch_directory const directory;
    auto const mask = ::umask(0);
    auto secret = unfinished_file::open(directory.path / "secret", 0600);
    REQUIRE(secret);
    CHECK(secret->finish());
    ::umask(mask);
    CHECK(std::filesystem::status(directory.path / "secret").permissions() == std::filesystem::perms{0600});
}
