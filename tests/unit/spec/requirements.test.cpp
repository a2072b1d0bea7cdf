#include "catch.hpp"
#include "unit/spec/spec_test.hpp"
#include <ktest/spec/requirements.hpp>

using namespace ktest;
using spec_test::made_elf;
using spec_test::scratch_directory;

namespace {

/// A test, programs and libraries in a directory of their own; the image has libc 2.36 and libuuid.
struct bench {
    scratch_directory at{};
    std::filesystem::path test = at.write("tests/bcache", "#!/bin/sh\n", 0755);
    std::optional<image_libraries> image{
        {EM_X86_64, {2, 36}, {"libc.so.6", "libuuid.so.1"}, {"mkfs.xfs", "sh", "perl"}}};
    requirement_places places{{at.path / "bin"}, {}, host_libraries{{}, {at.path / "lib"}, {2, 36}}};

    auto files(test_spec const& spec) const { return payload_files({{test, spec}}, image, places); }
    auto names(test_spec const& spec) const -> std::vector<std::string> {
        auto const got = files(spec);
        if (!got) FAIL(got.error().message);
        std::vector<std::string> all;
        for (auto const& file : *got) all.push_back(file.name);
        std::sort(all.begin(), all.end());
        return all;
    }
    auto complaint(test_spec const& spec) const -> std::string {
        auto const got = files(spec);
        REQUIRE_FALSE(got);
        CHECK(got.error().kind == fault::usage);
        auto message = got.error().message;
        auto const place = at.path.string() + "/";
        for (auto found = message.find(place); found != std::string::npos; found = message.find(place))
            message.erase(found, place.size());
        return message;
    }
    void add_program(std::string const& name, made_elf const& elf) const {
        at.write("bin/" + name, elf.make(), 0755);
    }
    void add_library(std::string const& name, made_elf elf = {.needed = {}, .versions = {}}) const {
        elf.interpreter.clear();
        at.write(name, elf.make());
    }
};

auto requiring(std::vector<std::string> names) -> test_spec {
    test_spec spec;
    spec.require = std::move(names);
    return spec;
}

using words = std::vector<std::string>;

} // namespace

TEST_CASE("a test comes along under its own name and as rc, with what it requires", "[requirements]") {
    bench const b;
    auto const library = b.at.write("tests/lib/test-libs.sh", "");
    auto const data = b.at.write("tests/data/deep/file", "").parent_path().parent_path();
    auto const files = b.files(requiring({"lib/test-libs.sh", "data/"}));
    REQUIRE(files);
    CHECK(*files
          == std::vector<payload_file>{{"bcache", b.test, "", 0},
                                       {"rc", b.test, "", 0},
                                       {"test-libs.sh", library, "", 0},
                                       {"data", data / "", "", 0}});
}

TEST_CASE("every kind of requirement comes along", "[requirements]") {
    bench b;
    b.at.write("tests/other", "", 0755);
    b.at.write("linux/tools/perf/perf", "", 0755);
    b.places.find_in_tree = [&](std::string const& name) -> result<std::filesystem::path> {
        if (name == "tools/nothing") return usage_error("not found in linux");
        if (name == "tools/bad") return unavailable("it did not build");
        return b.at.path / "linux" / name;
    };
    test_spec spec;
    spec.test_require = {"other"};
    spec.tree_require = {"tools/perf/perf"};
    CHECK(b.names(spec) == words{"bcache", "other", "perf", "rc"});
    spec.tree_require = {"tools/nothing"};
    CHECK(b.complaint(spec) == "tests/bcache:deps: LREQUIRE: tools/nothing: not found in linux");
    spec.tree_require = {"tools/bad"};
    auto const not_built = b.files(spec);
    REQUIRE_FALSE(not_built);
    CHECK(not_built.error().kind == fault::unavailable);
    spec.tree_require = {"tools/nothing"};
    b.places.find_in_tree = {};
    CHECK(b.complaint(spec)
          == "tests/bcache:deps: LREQUIRE: tools/nothing: there is no kernel source tree to take it "
             "from: stand in one, or say -C");
}

TEST_CASE("a library's requirements are beside the library, and its errors name it", "[requirements]") {
    bench const b;
    auto const library = b.at.write("tests/lib/net.sh", "#!/bin/sh\n", 0755);
    auto const beside_library = b.at.write("tests/lib/data", "1");
    b.at.write("tests/more", "2");
    auto const all = [&](test_spec of_library) {
        test_spec of_test;
        of_test.test_require = {"lib/net.sh"};
        of_test.require = {"more"};
        return payload_files({{library, std::move(of_library)}, {b.test, of_test}}, b.image, b.places);
    };
    auto const files = all(requiring({"data"}));
    REQUIRE(files);
    CHECK(*files
          == std::vector<payload_file>{{"bcache", b.test, "", 0},
                                       {"rc", b.test, "", 0},
                                       {"data", beside_library, "", 0},
                                       {"more", b.at.path / "tests/more", "", 0},
                                       {"net.sh", library, "", 0}});
    auto const missing = all(requiring({"lib/data"})); // there is one, seen from the test
    REQUIRE_FALSE(missing);
    CHECK(missing.error().message
          == fmt::format("{}:deps: REQUIRE: lib/data: not found beside the test", library.string()));
}

TEST_CASE("a missing requirement is an error, unless the image has the program", "[requirements]") {
    bench b;
    CHECK(b.complaint(requiring({"make-bcache"}))
          == "tests/bcache:deps: REQUIRE: make-bcache: not found beside the test nor on PATH: install it, or "
             "put it "
             "beside the test");
    CHECK(b.names(requiring({"mkfs.xfs"})) == words{"bcache", "rc"});
    b.image.reset();
    CHECK_FALSE(b.files(requiring({"mkfs.xfs"})));
}

TEST_CASE("two files of one name are an error that names both, one file twice is not", "[requirements]") {
    bench const b;
    b.at.write("tests/a/x.sh", "");
    b.at.write("tests/b/x.sh", "");
    b.at.write("tests/rc", "");
    CHECK(b.complaint(requiring({"a/x.sh", "b/x.sh"}))
          == "tests/bcache:deps: REQUIRE: b/x.sh: two files would be /cdrom/x.sh: tests/a/x.sh and "
             "tests/b/x.sh");
    CHECK(b.complaint(requiring({"rc"}))
          == "tests/bcache:deps: REQUIRE: rc: two files would be /cdrom/rc: tests/bcache and tests/rc");
    CHECK(b.names(requiring({"a/x.sh", "b/../a/x.sh", "bcache"})) == words{"bcache", "rc", "x.sh"});
    std::filesystem::create_directories(b.at.path / "tests/.ktest-lib");
    CHECK(b.complaint(requiring({".ktest-lib"}))
          == "tests/bcache:deps: REQUIRE: .ktest-lib: the name is ktest's own in /cdrom");
}

TEST_CASE("a program that the image can run comes as it is", "[requirements]") {
    bench const b;
    b.add_program("plain", {});
    b.add_program("uuid", {.needed = {"libuuid.so.1", "libc.so.6"}, .versions = {"GLIBC_2.36"}});
    b.add_program("static", {.interpreter = "", .needed = {}, .versions = {}});
    b.at.write("bin/script", "#!/usr/bin/perl\n", 0755);
    CHECK(b.names(requiring({"plain", "uuid", "static", "script"}))
          == words{"bcache", "plain", "rc", "script", "static", "uuid"});
}

TEST_CASE("a program that lacks a library brings its own, behind a wrapper", "[requirements]") {
    bench const b;
    b.add_library("lib/libc.so.6");
    b.add_library("lib/libfoo.so.1", {.needed = {"libc.so.6"}});
    b.add_program("it's", {.needed = {"libfoo.so.1", "libc.so.6"}});
    auto const files = b.files(requiring({"it's"}));
    REQUIRE(files);
    std::map<std::string, payload_file> by_name;
    for (auto const& file : *files) by_name[file.name] = file;
    CHECK(by_name.size() == 7);
    CHECK(by_name.at(".ktest-lib/loader/it's").source == "/lib64/ld-linux-x86-64.so.2");
    CHECK(by_name.at(".ktest-lib/program/it's").source == b.at.path / "bin/it's");
    CHECK(by_name.at(".ktest-lib/lib0/libfoo.so.1").source == b.at.path / "lib/libfoo.so.1");
    CHECK(by_name.at(".ktest-lib/lib0/libc.so.6").source == b.at.path / "lib/libc.so.6");
    CHECK(by_name.at("it's")
          == payload_file{
              "it's",
              {},
              "#!/bin/sh\nexec '/cdrom/.ktest-lib/loader/it'\\''s' --library-path /cdrom/.ktest-lib/lib0 "
              "--argv0 \"$0\" '/cdrom/.ktest-lib/program/it'\\''s' \"$@\"\n",
              0755});
}

TEST_CASE("programs share their libraries, but not where two are meant by one name", "[requirements]") {
    bench const b;
    b.add_library("lib/libc.so.6");
    b.add_library("lib/libfoo.so.1");
    b.add_library("own/libfoo.so.1");
    std::vector<std::string> const needed{"libfoo.so.1", "libc.so.6"};
    b.add_program("p1", {.needed = needed});
    b.add_program("p2", {.needed = needed});
    b.add_program("p3", {.needed = needed, .runpath = (b.at.path / "own").string()});
    CHECK(b.names(requiring({"p1", "p2", "p3"}))
          == words{".ktest-lib/lib0/libc.so.6", ".ktest-lib/lib0/libfoo.so.1", ".ktest-lib/lib1/libc.so.6",
                   ".ktest-lib/lib1/libfoo.so.1", ".ktest-lib/loader/p1", ".ktest-lib/loader/p2",
                   ".ktest-lib/loader/p3", ".ktest-lib/program/p1", ".ktest-lib/program/p2",
                   ".ktest-lib/program/p3", "bcache", "p1", "p2", "p3", "rc"});
}

TEST_CASE("a program for another architecture is an error before anything runs", "[requirements]") {
    bench const b;
    b.add_program("arm", {.machine = EM_AARCH64, .interpreter = "", .needed = {}});
    CHECK(b.complaint(requiring({"arm"}))
          == "tests/bcache:deps: REQUIRE: arm: bin/arm is for aarch64, the guest is x86_64");
    b.at.write("tests/firmware", made_elf{.machine = EM_AARCH64}.make(), 0644); // data, not a program
    CHECK(b.names(requiring({"firmware"})) == words{"bcache", "firmware", "rc"});
}

TEST_CASE("a script whose interpreter the image lacks is an error before anything runs", "[requirements]") {
    bench b;
    auto const lacks = [](std::string_view where, std::string_view what) {
        return fmt::format(
            "{}: its interpreter {} is not in the image: ktest image --include PACKAGE makes one "
            "that has it",
            where, what);
    };
    b.at.write("tests/x.py", "#!/usr/bin/python3\n", 0755);
    CHECK(b.complaint(requiring({"x.py"})) == lacks("tests/bcache:deps: REQUIRE: x.py", "/usr/bin/python3"));
    b.at.write("tests/y.py", "#!/usr/bin/env python3\n", 0755);
    CHECK(b.complaint(requiring({"y.py"})) == lacks("tests/bcache:deps: REQUIRE: y.py", "python3"));
    b.at.write("bin/python3", "#!/bin/sh\n", 0755);
    CHECK(b.names(requiring({"y.py", "python3"}))
          == words{"bcache", "python3", "rc", "y.py"}); // env finds it
    CHECK_FALSE(b.files(requiring({"x.py", "python3"})));

    b.at.write("tests/z.py", "#!/usr/bin/python3\n");  // to be sourced or read
    b.at.write("tests/own", "#!/opt/own/run\n", 0755); // the manifest does not speak of that
    CHECK(b.names(requiring({"z.py", "own"})) == words{"bcache", "own", "rc", "z.py"});

    test_spec spec;
    spec.test_require = {"x.py"};
    CHECK(b.complaint(spec) == lacks("tests/bcache:deps: TEST_REQUIRE: x.py", "/usr/bin/python3"));
    b.at.write("tests/bcache", "#!/usr/bin/python3\n", 0755);
    CHECK(b.complaint({}) == lacks("tests/bcache:1", "/usr/bin/python3"));
    b.image.reset(); // nothing is known of it
    CHECK(b.names({}) == words{"bcache", "rc"});
}

TEST_CASE("a program that cannot come whole is an error that says why", "[requirements]") {
    bench const b;
    b.add_program("lost", {.needed = {"libgone.so.3"}});
    CHECK(b.complaint(requiring({"lost"}))
          == "tests/bcache:deps: REQUIRE: lost: needs libgone.so.3, which this host has not");
    b.at.write("bin/broken", made_elf{}.make().substr(0, 150), 0755);
    CHECK(b.complaint(requiring({"broken"})).substr(0, 64)
          == "tests/bcache:deps: REQUIRE: broken: is a broken ELF file: it poi");
}

TEST_CASE("a wrapped program of this host runs, with its arguments and its own name", "[requirements]") {
    bench b;
    b.places = {};
    b.image.reset(); // so everything comes along
    auto const files = b.files(requiring({"env", "cat"}));
    REQUIRE(files);
    auto const cdrom = b.at.path / "cdrom";
    for (auto const& file : *files) {
        std::filesystem::create_directories((cdrom / file.name).parent_path());
        if (!file.source.empty()) std::filesystem::copy_file(file.source, cdrom / file.name);
        auto text = file.content; // in the guest it is /cdrom
        for (auto at = text.find("/cdrom/"); at != std::string::npos;
             at = text.find("/cdrom/", at + cdrom.string().size()))
            text.replace(at, 6, cdrom.string());
        if (file.source.empty()) b.at.write("cdrom/" + file.name, text, file.mode);
    }
    auto const program = (cdrom / "env").string();
    auto const got = capture({.arguments = {program, "A=a b", "sh", "-c", "echo \"$A\"; exit 7"},
                              .environment = {{"PATH=/usr/bin:/bin"}}});
    REQUIRE(got);
    CAPTURE(got->err);
    CHECK(WEXITSTATUS(got->status) == 7);
    CHECK(got->out == "a b\n");
    auto const wrong = capture({.arguments = {program, "--no-such-option"}});
    REQUIRE(wrong);
    CHECK(wrong->err.substr(0, program.size() + 1) == program + ":"); // argv[0]
    auto const shown =
        capture({.arguments = {(cdrom / "cat").string(), "/proc/self/comm", "/proc/self/environ"},
                 .environment = {{"A=1"}}});
    REQUIRE(shown);
    CHECK(shown->out.substr(0, 4) == "cat\n");
    CHECK(shown->out.find("LD_") == std::string::npos); // nothing that a child would inherit
}
