#include "catch.hpp"
#include "unit/kernel/kconfig_test.hpp"
#include <ktest/run/kernel_builder.hpp>

using namespace ktest;

namespace {

/// A tree whose Makefile says what a build is like.
struct made_tree {
    explicit made_tree(std::string const& recipe) {
        files.write("Makefile", "all other:\n" + recipe);
        std::filesystem::create_directories(tree.build);
    }
    auto make(std::string const& target = "all") -> result<void> { return builder.make({target}); }
    auto log(std::string const& name = "build.log") const { return read_file(tree.build / name); }

    test::kconfig_tree files;
    source_tree tree{.source = files.root, .build = files.root / "build"};
    std::vector<std::string> lines;
    std::vector<std::string> passing;
    build_watcher watcher{[this](std::string_view line) { lines.emplace_back(line); },
                          [this](std::string_view line) { passing.emplace_back(line); }};
    kernel_builder builder{tree, watcher};
};

} // namespace

TEST_CASE("a build that goes well is told as it passes, and its log keeps all", "[kernel_builder]") {
    made_tree here{
        "\t@echo '  CC      one.o'\n\t@echo '  CALL    check'\n\t@echo '../one.c:1: warning' >&2\n"};
    REQUIRE(here.make());
    CHECK(here.passing == std::vector<std::string>{"building the kernel: 1 steps, one.o"});
    CHECK(here.lines == std::vector<std::string>{here.files.root.string() + "/one.c:1: warning"});
    CHECK(here.log()->find("  CALL    check\n") != std::string::npos);
    REQUIRE(here.builder.keep_steps());
    CHECK(kernel_builder{here.tree, here.watcher}.make({"all"}));
    CHECK(here.passing.back() == "building the kernel: 1 steps (the last build: 1), one.o");
}

TEST_CASE("a source that does not build is told from a host that cannot build it", "[kernel_builder]") {
    made_tree wrong{"\t@echo '../one.c:1:2: error: no' >&2; exit 3\n"};
    auto const failed = wrong.make();
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == fault::not_built);
    CHECK(failed.error().message
          == wrong.files.root.string()
                 + ": it did not build (make ended with status 2); all that it said is in "
                 + (wrong.tree.build / "build.log").string());

    made_tree full{"\t@echo 'as: one.o: No space left on device' >&2; exit 1\n"};
    CHECK(full.make().error().kind == fault::unavailable);
    made_tree killed{"\t@kill -9 $$PPID\n"};
    CHECK(killed.make().error().kind == fault::unavailable);
    made_tree unwritable{"\t@:\n"};
    std::filesystem::remove_all(unwritable.tree.build);
    CHECK(unwritable.make().error().kind == fault::unavailable);
}

TEST_CASE("a log stays until there is something to run, and then holds all of it", "[kernel_builder]") {
    made_tree here{"\t@echo made $@\n"};
    REQUIRE(here.make());
    REQUIRE(here.make("other"));
    kernel_builder const next{here.tree, here.watcher};
    CHECK(here.log()->find("made all\n") != std::string::npos);
    CHECK(here.log()->find("made other\n") != std::string::npos);
}
