#include "catch.hpp"
#include <ktest/file.hpp>

using namespace ktest;

namespace {

struct directory {
    std::filesystem::path path = [] {
        std::string name = "/tmp/ktest-file-XXXXXX";
        return std::filesystem::path{::mkdtemp(name.data())};
    }();
    ~directory() { std::filesystem::remove_all(path); }
};

} // namespace

TEST_CASE("a file is replaced whole, with the mode that was asked for") {
    directory const here;
    auto const path = here.path / "script";
    REQUIRE(write_file(path, "a long first text"));
    REQUIRE(write_file(path, "short", 0755));
    CHECK(read_file(path) == "short");
    CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms{0755});
    CHECK(std::distance(std::filesystem::directory_iterator{here.path}, {}) == 1);
}

TEST_CASE("what is no regular file is written to and stays what it is") {
    directory const here;
    auto const pipe = here.path / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    descriptor const reader{::open(pipe.c_str(), O_RDONLY | O_NONBLOCK)};
    REQUIRE(write_file(pipe, "through the pipe"));
    CHECK(std::filesystem::is_fifo(pipe));
    CHECK(read_all(reader.get()) == "through the pipe");

    auto const link = here.path / "null"; // what stands in for /dev/null must not replace it
    std::filesystem::create_symlink("/dev/null", link);
    REQUIRE(write_file(link, "nothing"));
    CHECK(std::filesystem::is_symlink(link));
    CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("a stream that goes to a file is added to, not replaced") {
    directory const here;
    auto const file = open_file(here.path / "log", O_RDWR | O_CREAT | O_APPEND);
    REQUIRE(file);
    REQUIRE(write_all(file->get(), "output\n"));
    REQUIRE(write_file(fmt::format("/proc/self/fd/{}", file->get()), "result\n"));
    CHECK(read_file(here.path / "log") == "output\nresult\n");
}

TEST_CASE("a file that is replaced has no more rights than the umask leaves") {
    directory const here;
    auto const mask = ::umask(0077);
    auto const written = write_file(here.path / "file", "text", 0755);
    ::umask(mask);
    REQUIRE(written);
    CHECK(std::filesystem::status(here.path / "file").permissions() == std::filesystem::perms{0700});
}
