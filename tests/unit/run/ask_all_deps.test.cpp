#include "catch.hpp"
#include "unit/spec/spec_test.hpp"
#include <ktest/run/ask_all_deps.hpp>

using namespace ktest;
using spec_test::scratch_directory;

namespace {

/// Scripts in a directory of their own, which is the current one.
struct suite {
    scratch_directory at{};
    std::filesystem::path before = std::filesystem::current_path();

    suite() { std::filesystem::current_path(at.path); }
    suite(suite const&) = delete;
    auto operator=(suite const&) -> suite& = delete;
    ~suite() { std::filesystem::current_path(before); }

    void add(std::string const& name, std::string const& lines) const {
        at.write(name,
                 "#!/bin/sh\necho \"" + name + "$*\" >>" + (at.path / "asked").string() + "\necho '" + lines
                     + "'\n",
                 0755);
    }
    auto order(std::filesystem::path const& test, std::vector<std::string> const& arguments = {}) const
        -> std::vector<std::string> {
        auto const got = ask_all_deps(test, arguments, {});
        if (!got) FAIL(got.error().message);
        std::vector<std::string> paths;
        for (auto const& script : *got) paths.push_back(script.path.string());
        return paths;
    }
    auto complaint(std::filesystem::path const& test) const -> std::string {
        auto const got = ask_all_deps(test, {}, {});
        REQUIRE_FALSE(got);
        CHECK(got.error().kind == fault::usage);
        return got.error().message;
    }
};

using words = std::vector<std::string>;

} // namespace

TEST_CASE("a test without libraries is asked alone", "[ask_all_deps]") {
    suite const s;
    s.add("tests/a", "MEM=1G");
    CHECK(s.order("tests/a") == words{"tests/a"});
}

TEST_CASE(
    "libraries are asked as deep as they go, beside the one that names them, without the test's arguments",
    "[ask_all_deps]") {
    suite const s;
    s.add("tests/a", "MEM=1G\nTEST_REQUIRE=lib/one,two");
    s.add("tests/lib/one", "TEST_REQUIRE=deep");
    s.add("tests/lib/deep", "REQUIRE=x");
    s.add("tests/two", "");
    CHECK(s.order("tests/a", {"--fast"}) == words{"tests/lib/deep", "tests/lib/one", "tests/two", "tests/a"});
    CHECK(read_file("asked") == "tests/adeps --fast\ntests/lib/onedeps\ntests/lib/deepdeps\ntests/twodeps\n");
}

TEST_CASE("a library that two others require is asked once, by whichever path", "[ask_all_deps]") {
    suite const s;
    s.add("a", "MEM=1G\nTEST_REQUIRE=x,y,lib/../lib/common,link");
    s.add("x", "TEST_REQUIRE=lib/common");
    s.add("y", "TEST_REQUIRE=./lib/common");
    s.add("lib/common", "SCRATCH=1G");
    std::filesystem::create_symlink("lib/common", "link");
    CHECK(s.order("a") == words{"lib/common", "x", "y", "a"});
}

TEST_CASE("a library may be on PATH", "[ask_all_deps]") {
    suite const s;
    s.add("a", "MEM=1G\nTEST_REQUIRE=ktest-library-of-a-test");
    s.add("bin/ktest-library-of-a-test", "");
    std::string const path = std::getenv("PATH");
    ::setenv("PATH", fmt::format("{}:{}", (s.at.path / "bin").string(), path).c_str(), 1);
    auto const found = s.order("a");
    ::setenv("PATH", path.c_str(), 1);
    CHECK(found == words{(s.at.path / "bin/ktest-library-of-a-test").string(), "a"});
}

TEST_CASE("a cycle is an error that names it", "[ask_all_deps]") {
    suite const s;
    s.add("tests/a", "MEM=1G\nTEST_REQUIRE=b");
    s.add("tests/b", "TEST_REQUIRE=a");
    CHECK(s.complaint("tests/a") == "tests/a:deps: TEST_REQUIRE: a cycle: tests/a -> tests/b -> tests/a");
    s.add("tests/c", "MEM=1G\nTEST_REQUIRE=d");
    s.add("tests/d", "TEST_REQUIRE=e");
    s.add("tests/e", "TEST_REQUIRE=./d");
    CHECK(s.complaint("tests/c") == "tests/d:deps: TEST_REQUIRE: a cycle: tests/d -> tests/e -> tests/d");
    s.add("self", "MEM=1G\nTEST_REQUIRE=self");
    CHECK(s.complaint("self") == "self:deps: TEST_REQUIRE: a cycle: self -> self");
}

TEST_CASE("a library that cannot be asked is an error that says who requires it", "[ask_all_deps]") {
    suite const s;
    s.add("tests/a", "MEM=1G\nTEST_REQUIRE=lib/l.sh");
    CHECK(s.complaint("tests/a") == "tests/a:deps: TEST_REQUIRE: lib/l.sh: not found beside the test");
    s.at.write("tests/lib/l.sh", "f() { true; }\n");
    CHECK(s.complaint("tests/a")
          == "tests/a:deps: TEST_REQUIRE: tests/lib/l.sh: is not executable: chmod +x tests/lib/l.sh (what "
             "answers no deps comes along by REQUIRE)");
    s.add("tests/lib/l.sh", "SCRATCH=2Q");
    CHECK(s.complaint("tests/a")
          == "tests/lib/l.sh:deps:1: SCRATCH: '2Q' is not a size (want 512M, 2G, ...)");
}

TEST_CASE("there is an end to the libraries that come along", "[ask_all_deps]") {
    suite const s;
    std::string all = "MEM=1G\nTEST_REQUIRE=l1";
    for (auto i = 2; i < 64; ++i) all += fmt::format(",l{}", i);
    for (auto i = 1; i <= 64; ++i) s.add(fmt::format("l{}", i), "");
    s.add("a", all);
    CHECK(s.order("a").size() == 64);
    s.add("a", all + ",l64");
    CHECK(s.complaint("a") == "a:deps: TEST_REQUIRE: l64: more than 64 scripts would come along");
}
