#include "catch.hpp"
#include "unit/kernel/kconfig_test.hpp"
#include <ktest/kernel/configure_kernel.hpp>
#include <ktest/spec/deps_values.hpp>

using namespace ktest;
namespace fs = std::filesystem;

namespace {

/// A tree, its build directory, and a make that knows all options but a few.
struct configured_tree {
    test::kconfig_tree files;
    source_tree tree{.source = files.root, .build = files.root / "build"};
    std::vector<std::string> forgotten; ///< options that do not stick
    std::vector<std::string> calls;
    bool fails = false;

    auto run(std::string const& base, std::vector<std::string> profiles, std::string_view options)
        -> result<config_outcome> {
        auto const make = [this](std::vector<std::string> const& words) -> result<void> {
            fs::path file = tree.build / ".config";
            fs::path from;
            for (std::string_view const word : words) {
                if (word.starts_with("KCONFIG_CONFIG=")) file = word.substr(15);
                if (word.starts_with("KCONFIG_ALLCONFIG=")) from = word.substr(18);
            }
            calls.push_back(words.back());
            if (fails) return unavailable("make failed");
            auto text = words.back() == "olddefconfig"  ? read_file(file)
                        : words.back() == "allnoconfig" ? read_file(from)
                                                        : result<std::string>{"CONFIG_BLOCK=y\n"};
            if (!text) return tl::unexpected{text.error()};
            std::vector<kernel_option> absent;
            for (auto const& name : forgotten) absent.push_back({{name}, "n"});
            return write_file(file, applied(*text, absent));
        };
        return configure_kernel(tree,
                                {base, std::move(profiles),
                                 options.empty() ? std::vector<kernel_option>{} : *read_options(options)},
                                make);
    }
    auto config() const { return read_file(tree.build / ".config").value_or(""); }
    auto value(std::string_view name) const { return std::string{parse_kconfig(config()).value(name)}; }
    auto names() const {
        std::vector<std::string> found;
        std::error_code ignored;
        for (auto const& entry : fs::directory_iterator{tree.build, ignored})
            found.push_back(entry.path().filename());
        return found;
    }
};

using action = config_outcome::action;
using words = std::vector<std::string>;

} // namespace

TEST_CASE("the first .config is ktest's own, with profiles and options, in one go", "[configure_kernel]") {
    configured_tree here;
    auto const done = here.run("", {"kasan"}, "BCACHE=m,EXTRA,OLD/NEW=y");
    REQUIRE(done);
    CHECK(*done == config_outcome{.done = action::made});
    CHECK(here.calls == words{"allnoconfig"});
    CHECK(here.value("VIRTIO_BLK") == "y");
    CHECK(here.value("PROVE_LOCKING") == "y");
    CHECK(here.value("KASAN") == "y");
    CHECK(here.value("BCACHE") == "m");
    CHECK(here.value("EXTRA") == "y");
    CHECK(here.value("NEW") == "y");
    CHECK(here.names() == words{".config"});
}

TEST_CASE("a .config that has it all is not touched, and nothing is run", "[configure_kernel]") {
    configured_tree here;
    REQUIRE(here.run("", {"kasan"}, "BCACHE=m"));
    here.calls.clear();
    auto const before = fs::last_write_time(here.tree.build / ".config");
    auto const done = here.run("", {"kasan"}, "BCACHE,NOSUCH/MD,NOSUCH=n");
    REQUIRE(done);
    CHECK(*done == config_outcome{.done = action::kept});
    CHECK(here.calls.empty());
    CHECK(fs::last_write_time(here.tree.build / ".config") == before);
}

TEST_CASE("what a .config lacks is added to it, the rest stays", "[configure_kernel]") {
    configured_tree here;
    REQUIRE(here.run("", {}, ""));
    REQUIRE(write_file(here.tree.build / ".config",
                       here.config() + "CONFIG_MINE=y\n# CONFIG_BCACHE is not set\n"));
    here.calls.clear();
    auto const done = here.run("defconfig", {"kmemleak"}, "BCACHE=m,MD");
    REQUIRE(done);
    CHECK(done->done == action::extended);
    CHECK(done->base_unused);
    REQUIRE(done->added.size() == 2);
    CHECK(to_string(done->added[0]) == "DEBUG_KMEMLEAK=y (is not set)");
    CHECK(to_string(done->added[1]) == "BCACHE=m (is not set)");
    CHECK(here.calls == words{"olddefconfig"});
    CHECK(here.value("MINE") == "y");
    CHECK(here.value("BCACHE") == "m");
    CHECK(here.value("DEBUG_KMEMLEAK_AUTO_SCAN") == "y");
    CHECK(here.names() == words{".config"});
}

TEST_CASE("options that did not stick are one error, with reasons, and the .config stays",
          "[configure_kernel]") {
    configured_tree here;
    here.forgotten = {"CACHE", "NOSUCH", "MD"};
    auto const first = here.run("", {}, "CACHE=y,NOSUCH=y");
    REQUIRE_FALSE(first);
    CHECK(
        first.error()
        == error{fault::not_in_tree,
                 "CONFIG: CACHE=y did not stick: depends on MD, which is not set (drivers/cache/Kconfig:2)\n"
                 "CONFIG: NOSUCH=y did not stick: this tree has no option NOSUCH"});
    CHECK(here.names().empty());

    REQUIRE(here.run("", {}, ""));
    auto const before = here.config();
    CHECK_FALSE(here.run("", {}, "CACHE=y"));
    CHECK(here.config() == before);
    CHECK(here.names() == words{".config"});
}

TEST_CASE("what another state of the source took out of the .config is told", "[configure_kernel]") {
    configured_tree here;
    REQUIRE(here.run("", {}, "CACHE"));
    config_request const request{"", {}, *read_options("CACHE")};
    CHECK(check_configured(here.tree, request));
    REQUIRE(write_file(here.tree.build / ".config", applied(here.config(), *read_options("CACHE=n,MD=n"))));
    auto const gone = check_configured(here.tree, request);
    REQUIRE_FALSE(gone);
    CHECK(gone.error()
          == error{fault::not_in_tree, "CONFIG: CACHE did not stick: depends on MD, which is not set "
                                       "(drivers/cache/Kconfig:2)"});
}

TEST_CASE("a first .config comes from a file, or from a target of make", "[configure_kernel]") {
    configured_tree here;
    here.files.write("mine", "CONFIG_VIRTIO_BLK=m\nCONFIG_FROM_FILE=y\n");
    auto const by_file = here.run(here.files.root / "mine", {}, "BCACHE");
    REQUIRE(by_file);
    CHECK(*by_file == config_outcome{.done = action::made});
    CHECK(here.calls == words{"olddefconfig"});
    CHECK(here.value("FROM_FILE") == "y");
    CHECK(here.value("VIRTIO_BLK") == "m");
    CHECK(here.value("VIRTIO_PCI") == "y");
    CHECK(here.value("BCACHE") == "y");
    CHECK(here.value("PROVE_LOCKING").empty());

    fs::remove_all(here.tree.build);
    here.calls.clear();
    REQUIRE(here.run("defconfig", {}, "BCACHE"));
    CHECK(here.calls == words{"defconfig", "olddefconfig"});
    CHECK(here.value("BLOCK") == "y");
    CHECK(here.value("VIRTIO_PCI") == "y");
    CHECK(here.names() == words{".config"});
}

TEST_CASE("a source of the first .config that is neither, or asks questions, is an error",
          "[configure_kernel]") {
    configured_tree here;
    here.files.write("empty", "nothing\n");
    for (std::string const base : {"nosuch", "menuconfig", "all", "-j defconfig", "SHELL=x.config"}) {
        INFO(base);
        auto const wrong = here.run(base, {}, "");
        REQUIRE_FALSE(wrong);
        CHECK(wrong.error().kind == fault::usage);
        CHECK(wrong.error().message.find("neither a file nor a make target") != std::string::npos);
    }
    CHECK(here.run(here.files.root / "empty", {}, "").error().message.find("not a kernel's .config")
          != std::string::npos);
    CHECK(here.calls.empty());
    CHECK(here.names().empty());
}

TEST_CASE("a make that fails leaves nothing behind", "[configure_kernel]") {
    configured_tree here;
    here.fails = true;
    for (std::string const base : {"", "defconfig"}) {
        auto const failed = here.run(base, {}, "");
        REQUIRE_FALSE(failed);
        CHECK(failed.error() == error{fault::unavailable, "make failed"});
        CHECK(here.names().empty());
    }
}

TEST_CASE("what cannot be wanted together is an error before anything is made", "[configure_kernel]") {
    configured_tree here;
    CHECK(here.run("", {}, "BCACHE=y,BCACHE=m").error()
          == error{fault::usage, "CONFIG: BCACHE=m clashes with BCACHE=y"});
    CHECK(here.run("", {}, "BCACHE,BCACHE=n").error().message == "CONFIG: BCACHE=n clashes with BCACHE");
    CHECK(here.run("", {}, "TTY=n").error().message == "CONFIG: TTY=n clashes with TTY (the guest of ktest)");
    CHECK(here.run("", {"kasan"}, "KASAN=n").error().message
          == "CONFIG: KASAN=n clashes with KASAN=y (--with kasan)");
    CHECK_FALSE(here.run("", {"kasan", "kcsan"}, ""));
    CHECK_FALSE(here.run("", {"nosuch"}, ""));
    CHECK(here.calls.empty());
    CHECK_FALSE(fs::exists(here.tree.build));
}

TEST_CASE("the .config of a tree that was built in place is checked and never changed",
          "[configure_kernel]") {
    configured_tree here;
    REQUIRE(here.run("", {}, ""));
    here.tree.in_place = true;
    here.calls.clear();
    auto const before = here.config();
    CHECK(here.run("", {}, "BCACHE")->done == action::kept);
    auto const lacks = here.run("", {}, "BCACHE=m,NOSUCH");
    REQUIRE_FALSE(lacks);
    CHECK(lacks.error().kind == fault::usage);
    CHECK(lacks.error().message
          == (here.tree.build / ".config").string()
                 + ": lacks BCACHE=m (is y), NOSUCH (is not set). This tree was built in place, and ktest "
                   "never "
                   "changes its .config: set them there (make nconfig); or say 'make mrproper' there, which "
                   "removes it, "
                   "and ktest builds in a directory of its own");
    CHECK(here.calls.empty());
    CHECK(here.config() == before);
}

TEST_CASE("a .config that cannot be read is told", "[configure_kernel]") {
    configured_tree here;
    fs::create_directories(here.tree.build / ".config");
    CHECK(here.run("", {}, "").error().kind == fault::unavailable);
    fs::remove_all(here.tree.build);
    here.files.write("build", "a file where the directory shall be");
    CHECK(here.run("", {}, "").error().kind == fault::unavailable);
}
