#include "catch.hpp"
#include "kernel_test.hpp"
#include <ktest/kernel/kernel_make.hpp>
#include <ktest/kernel/source_tree.hpp>

#include <algorithm>
#include <fstream>

using namespace ktest;
using namespace ktest::test;
namespace fs = std::filesystem;

namespace {

/// What ktest looks at in a tree, in the home's `linux`.
auto make_tree(temporary_home const& home, std::string const& patchlevel = "1") -> fs::path {
    home.write("linux/Makefile", "# SPDX-License-Identifier: GPL-2.0\nVERSION = 6\nPATCHLEVEL = " + patchlevel
                                     + "\nSUBLEVEL = 192\nEXTRAVERSION = -rc1\nNAME = x\n");
    for (auto const* part :
         {"Kconfig", "Kbuild", "scripts/kconfig/conf.c", "arch/x86/Makefile", "drivers/md/bcache/Makefile"})
        home.write(fs::path{"linux"} / part, "");
    return fs::canonical(home.path / "linux");
}

/// What `make O=DIRECTORY` leaves there at once.
void begin_output(fs::path const& source, fs::path const& directory) {
    fs::create_directories(directory / "drivers/md");
    fs::create_symlink(source, directory / "source");
    std::ofstream{directory / "Makefile"} << "include ../Makefile\n";
}

} // namespace

TEST_CASE("a kernel tree is found from any depth inside it and built in its .ktest", "[source_tree]") {
    temporary_home const home;
    auto const tree = make_tree(home);
    source_tree const wanted{.source = tree, .build = tree / ".ktest", .version = "6.1.192-rc1"};
    CHECK(find_source_tree(tree) == wanted);
    CHECK(find_source_tree(tree / "drivers/md/bcache") == wanted);
    CHECK(wanted.own() == tree / ".ktest");
}

TEST_CASE("a build directory is found from any depth inside it and leads to its source", "[source_tree]") {
    temporary_home const home;
    auto const tree = make_tree(home);
    auto const output = fs::canonical(home.path) / "output";
    begin_output(tree, output);
    source_tree const wanted{.source = tree, .build = output, .version = "6.1.192-rc1"};
    CHECK(find_source_tree(output) == wanted);
    CHECK(find_source_tree(output / "drivers/md") == wanted);
    begin_output("..", tree / ".ktest");
    CHECK(find_source_tree(tree / ".ktest/drivers")
          == source_tree{.source = tree, .build = tree / ".ktest", .version = "6.1.192-rc1"});
}

TEST_CASE("a tree that was built or configured in place is built in place", "[source_tree]") {
    for (auto const* trace : {".config", "include/config/auto.conf"}) {
        temporary_home const home;
        auto const tree = make_tree(home);
        home.write(fs::path{"linux"} / trace, "");
        CHECK(find_source_tree(tree)
              == source_tree{.source = tree, .build = tree, .in_place = true, .version = "6.1.192-rc1"});
        CHECK(find_source_tree(tree).value()->own() == tree / ".ktest");
    }
}

TEST_CASE("another build directory for a tree that was built in place is refused with the way out",
          "[source_tree]") {
    temporary_home const home;
    auto const tree = make_tree(home);
    home.write("linux/.config", "");
    auto const found = find_source_tree(tree, "/tmp/elsewhere");
    REQUIRE(!found);
    CHECK(found.error().kind == fault::usage);
    CHECK(found.error().message.find("make mrproper") != std::string::npos);
    CHECK(find_source_tree(tree, tree).value()->in_place);
}

TEST_CASE("the build directory that the user names is taken, relative to where he stands", "[source_tree]") {
    temporary_home const home;
    auto const tree = make_tree(home);
    CHECK(find_source_tree(tree / "drivers", "/tmp/elsewhere").value()->build == "/tmp/elsewhere");
    CHECK(find_source_tree(tree, "here").value()->build == fs::current_path() / "here");
}

TEST_CASE("what is no kernel tree is none", "[source_tree]") {
    temporary_home const home;
    home.write("project/Makefile", "VERSION = 6\nPATCHLEVEL = 1\n");
    CHECK(find_source_tree(home.path / "project") == std::nullopt);
    CHECK(find_source_tree("/") == std::nullopt);
    CHECK(find_source_tree(home.path / "gone").error().kind == fault::usage);
}

TEST_CASE("a tree older than 5.10 is refused", "[source_tree]") {
    temporary_home const home;
    home.write("linux/Makefile", "VERSION = 5\nPATCHLEVEL = 9\nSUBLEVEL = 0\nEXTRAVERSION =\n");
    for (auto const* part : {"Kconfig", "Kbuild", "scripts/kconfig/conf.c", "arch/x86/Makefile"})
        home.write(fs::path{"linux"} / part, "");
    auto const found = find_source_tree(home.path / "linux");
    REQUIRE(!found);
    CHECK(found.error().message.find("Linux 5.9.0: ktest builds 5.10") != std::string::npos);
}

TEST_CASE("make gets the caller's compiler and nothing of an outer make", "[kernel_make]") {
    source_tree const tree{.source = "/s", .build = "/s/.ktest", .version = "6.1.0"};
    ::setenv("CC", "clang", 1);
    ::setenv("MAKEFLAGS", "-j9", 1);
    auto const make = kernel_make(tree, {"-j2", "all"});
    ::unsetenv("CC");
    ::unsetenv("MAKEFLAGS");
    CHECK(make.arguments
          == std::vector<std::string>{"make", "-C", "/s", "O=/s/.ktest", "CC=clang", "-j2", "all"});
    auto const& environment = make.environment.value();
    CHECK(std::none_of(environment.begin(), environment.end(),
                       [](auto const& variable) { return variable.starts_with("MAKEFLAGS="); }));
    CHECK(std::count_if(environment.begin(), environment.end(),
                        [](auto const& variable) { return variable.starts_with("PATH="); })
          == 1);
}

TEST_CASE("a tree that is built in place gets no O=", "[kernel_make]") {
    source_tree const tree{.source = "/s", .build = "/s", .in_place = true, .version = "6.1.0"};
    CHECK(kernel_make(tree, {"all"}).arguments == std::vector<std::string>{"make", "-C", "/s", "all"});
}
