#include "catch.hpp"
#include <ktest/paths.hpp>

#include <fcntl.h>

using namespace ktest;
namespace fs = std::filesystem;

namespace {

struct directory {
    fs::path path = [] {
        std::string name = "/tmp/ktest-paths-XXXXXX";
        return fs::path{::mkdtemp(name.data())};
    }();
    ~directory() { fs::remove_all(path); }
};

auto mode(fs::path const& path) { return static_cast<unsigned>(fs::symlink_status(path).permissions()); }

/// As who lets everybody do everything.
struct open_mask {
    mode_t before = ::umask(0);
    ~open_mask() { ::umask(before); }
};

struct variable {
    variable(char const* name, fs::path const& value) : name_{name} {
        if (auto const* const was = std::getenv(name)) before_ = was;
        ::setenv(name, value.c_str(), 1);
    }
    ~variable() { before_.empty() ? ::unsetenv(name_) : ::setenv(name_, before_.c_str(), 1); }
    variable(variable const&) = delete;
    auto operator=(variable const&) -> variable& = delete;

private:
    char const* name_;
    std::string before_;
};

} // namespace

TEST_CASE("a private directory is nobody else's, whatever the umask", "[paths]") {
    directory const here;
    open_mask const mask;
    REQUIRE(private_directory(here.path / "new"));
    CHECK(mode(here.path / "new") == 0700);
}

TEST_CASE("a private directory that others can read is closed, one that they can write is refused",
          "[paths]") {
    directory const here;
    fs::create_directory(here.path / "own");
    fs::permissions(here.path / "own", fs::perms{0755});
    CHECK(private_directory(here.path / "own"));
    CHECK(mode(here.path / "own") == 0700);
    for (auto const writable : {0770U, 0702U}) {
        fs::permissions(here.path / "own", fs::perms{writable});
        auto const refused = private_directory(here.path / "own");
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find("not a directory of yours alone") != std::string::npos);
    }
}

TEST_CASE("a link is no private directory, wherever it points", "[paths]") {
    directory const here;
    fs::create_directory(here.path / "real");
    fs::permissions(here.path / "real", fs::perms{0700});
    fs::create_symlink(here.path / "real", here.path / "link");
    CHECK_FALSE(private_directory(here.path / "link"));
}

TEST_CASE("another user's directory is no private one, and there is a way out", "[paths]") {
    if (::geteuid() != 0) return;
    directory const here;
    fs::create_directory(here.path / "trap");
    fs::permissions(here.path / "trap", fs::perms{0700});
    REQUIRE(::chown((here.path / "trap").c_str(), 65534, 65534) == 0);
    auto const refused = private_directory(here.path / "trap");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("XDG_RUNTIME_DIR") != std::string::npos);
}

TEST_CASE("all that is missing of a private path is made private", "[paths]") {
    directory const here;
    fs::permissions(here.path, fs::perms{0755});
    open_mask const mask;
    REQUIRE(make_private(here.path / "a/b/c"));
    for (auto const* const made : {"a", "a/b", "a/b/c"}) CHECK(mode(here.path / made) == 0700);
    CHECK(mode(here.path) == 0755);
    CHECK(make_private(here.path / "a/b/c"));
}

TEST_CASE("a private path through a file is an error that names it", "[paths]") {
    directory const here;
    ::close(::open((here.path / "file").c_str(), O_CREAT, 0600));
    auto const failed = make_private(here.path / "file/below");
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message.find((here.path / "file").string()) != std::string::npos);
}

TEST_CASE("what somebody left in a place for all is another's, what is in its owner's place is not",
          "[paths]") {
    if (::geteuid() != 0) return;
    directory const here;
    fs::create_directory(here.path / ".ktest");
    CHECK_FALSE(is_anothers(here.path / ".ktest"));
    CHECK_FALSE(is_anothers(here.path / "none"));
    REQUIRE(::chown((here.path / ".ktest").c_str(), 65534, 65534) == 0);
    CHECK(is_anothers(here.path / ".ktest"));
    REQUIRE(::chown(here.path.c_str(), 65534, 65534) == 0);
    CHECK_FALSE(is_anothers(here.path / ".ktest"));
}

TEST_CASE("a link that somebody left is another's even where it points to one's own", "[paths]") {
    if (::geteuid() != 0) return;
    directory const here;
    fs::create_directory(here.path / "own");
    fs::create_symlink(here.path / "own", here.path / ".ktest");
    REQUIRE(::lchown((here.path / ".ktest").c_str(), 65534, 65534) == 0);
    CHECK(is_anothers(here.path / ".ktest"));
}

TEST_CASE("a runtime directory that others can write, or own, does not serve", "[paths]") {
    directory const here;
    variable const home{"HOME", here.path};
    variable const runtime{"XDG_RUNTIME_DIR", here.path};
    CHECK(find_paths()->runtime == here.path / "ktest");
    fs::permissions(here.path, fs::perms{0777});
    auto const writable = find_paths();
    CHECK((!writable || writable->runtime != here.path / "ktest"));
    fs::permissions(here.path, fs::perms{0700});
    if (::chown(here.path.c_str(), 65534, 65534) != 0) return;
    auto const another = find_paths();
    CHECK((!another || another->runtime != here.path / "ktest"));
}
