#include "catch.hpp"
#include "unit/spec/spec_test.hpp"
#include <ktest/spec/find_requirement.hpp>

using namespace ktest;
using spec_test::scratch_directory;

namespace {

struct places {
    scratch_directory at;
    std::vector<std::filesystem::path> programs{at.path / "bin", at.path / "sbin"};

    auto find(std::string_view name) const { return find_requirement(name, at.path / "tests", programs); }
    auto complaint(std::string_view name) const -> std::string {
        auto const found = find(name);
        REQUIRE_FALSE(found);
        CHECK(found.error().kind == fault::usage);
        return found.error().message;
    }
};

} // namespace

TEST_CASE("a requirement is looked for beside the test, then on PATH", "[find_requirement]") {
    places const p;
    auto const on_path = p.at.write("sbin/mkfs", "", 0755);
    CHECK(p.find("mkfs") == on_path);
    auto const earlier = p.at.write("bin/mkfs", "", 0755);
    CHECK(p.find("mkfs") == earlier);
    auto const beside = p.at.write("tests/mkfs", "");
    CHECK(p.find("mkfs") == beside);
}

TEST_CASE("a requirement with a slash is relative to the test, an absolute one is taken as it is",
          "[find_requirement]") {
    places const p;
    auto const library = p.at.write("tests/lib/foo.sh", "");
    p.at.write("bin/lib/foo.sh", "", 0755);
    CHECK(p.find("lib/foo.sh") == library);
    CHECK(p.find("../tests/lib/foo.sh") == p.at.path / "tests/../tests/lib/foo.sh");
    CHECK(p.find(library.string()) == library);
    CHECK(p.complaint("lib/bar.sh") == "lib/bar.sh: not found beside the test");
    CHECK(p.complaint("/nonexistent/x") == "/nonexistent/x: there is no such file");
}

TEST_CASE("names with blanks and quotes are names", "[find_requirement]") {
    places const p;
    auto const odd = p.at.write("tests/it's a \"file\" $x", "");
    CHECK(p.find("it's a \"file\" $x") == odd);
}

TEST_CASE("a directory is found beside the test, never on PATH", "[find_requirement]") {
    places const p;
    p.at.write("tests/data/file", "");
    p.at.write("bin/more/file", "");
    CHECK(p.find("data") == p.at.path / "tests/data");
    CHECK(p.find("data/") == p.at.path / "tests/data/");
    CHECK_FALSE(p.find("more"));
    CHECK(p.find((p.at.path / "bin/more").string()) == p.at.path / "bin/more");
}

TEST_CASE("a missing requirement is an error that says what to do", "[find_requirement]") {
    places const p;
    p.at.write("bin/data", "", 0644); // not executable: no program
    CHECK(p.complaint("make-bcache")
          == "make-bcache: not found beside the test nor on PATH: install it, or put it beside the test");
    CHECK_FALSE(p.find("data"));
}

TEST_CASE("a requirement that cannot be read is an error that says why", "[find_requirement]") {
    places const p;
    std::filesystem::create_directories(p.at.path / "tests");
    std::filesystem::create_symlink("nowhere", p.at.path / "tests/link");
    CHECK(p.complaint("link")
          == fmt::format("link: {}/tests/link: a link that leads nowhere", p.at.path.string()));
    std::filesystem::create_symlink("loop", p.at.path / "tests/loop");
    CHECK_FALSE(p.find("loop"));
    REQUIRE(::mkfifo((p.at.path / "tests/pipe").c_str(), 0600) == 0);
    CHECK(p.complaint("pipe")
          == fmt::format("pipe: {}/tests/pipe is neither a file nor a directory", p.at.path.string()));
    p.at.write("tests/secret", "", 0000);
    if (::geteuid() != 0)
        CHECK(p.complaint("secret").find("cannot be read: Permission denied") != std::string::npos);
    for (auto const* name : {".", "..", "/", "", "a/..", "./"}) CHECK_FALSE(p.find(name));
}

TEST_CASE("a requirement arrives by its last name", "[find_requirement]") {
    CHECK(name_in_payload("foo") == "foo");
    CHECK(name_in_payload("lib/foo.sh") == "foo.sh");
    CHECK(name_in_payload("/usr/share/x/") == "x");
    CHECK(name_in_payload("./a b") == "a b");
    CHECK(name_in_payload("lib/..") == "");
    CHECK(name_in_payload("..") == "");
}

TEST_CASE("programs are looked for on PATH and then among root's", "[find_requirement]") {
    using paths = std::vector<std::filesystem::path>;
    CHECK(program_directories("/a:/b c::") == paths{"/a", "/b c", "/usr/local/sbin", "/usr/sbin", "/sbin"});
    CHECK(program_directories(nullptr) == paths{"/usr/local/sbin", "/usr/sbin", "/sbin"});
}
