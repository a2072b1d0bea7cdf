#include "catch.hpp"
#include "unit/spec/spec_test.hpp"
#include <ktest/kernel/tree_program.hpp>

using namespace ktest;

namespace {

/// A tree with Makefiles of the kinds that tools/ has; what they make begins as a program does.
struct small_tree {
    spec_test::scratch_directory at{};
    source_tree tree{at.path / "linux", at.path / "build", false, "6.1.0"};
    mutable std::vector<std::string> runs{};

    small_tree() {
        at.write("linux/Makefile",
                 "headers:\n\tmkdir -p $(or $(O),.)/usr/include\n\techo 1 >$(or $(O),.)/usr/include/h\n");
        at.write("linux/tools/Makefile", "all:\n\tfalse\n");
        // As scripts/Makefile.include has it: a slash at the end of OUTPUT, targets below it.
        at.write("linux/tools/gpio/Makefile", "ifneq ($(O),)\nOUTPUT := $(shell cd $(O) && pwd)/\nendif\n"
                                              "all: $(OUTPUT)lsgpio $(OUTPUT)broken\n"
                                              "$(OUTPUT)lsgpio: lsgpio.c\n\t"
                                                  + make_elf()
                                                  + "$(OUTPUT)broken:\n\t@echo no libfoo >&2; false\n");
        at.write("linux/tools/gpio/lsgpio.c", "");
        // As turbostat: a plain target whose file goes where O= says.
        at.write("linux/tools/power/x86/stat/Makefile",
                 "BUILD_OUTPUT := $(CURDIR)\nifeq (\"$(origin O)\", \"command line\")\nBUILD_OUTPUT := $(O)\n"
                 "endif\nstat: stat.c\n\tprintf '\\177ELF' >$(BUILD_OUTPUT)/$@\n");
        at.write("linux/tools/power/x86/stat/stat.c", "");
        // As vsock: knows nothing of an output directory.
        at.write("linux/tools/vsock/Makefile",
                 "all: test\ntest: vsock_test\nvsock_test: vsock_test.c\n\t" + make_elf());
        at.write("linux/tools/vsock/vsock_test.c", "");
        // As vm: brings in what knows O=, whose library would be made where nobody looks for it.
        at.write("linux/tools/lib/Makefile", "$(or $(O),.)/lib.a:\n\ttouch $@\n");
        at.write("linux/tools/vm/Makefile",
                 "../lib/lib.a:\n\t$(MAKE) -C ../lib\n%: %.c ../lib/lib.a\n\ttest -e ../lib/lib.a\n\t"
                     + make_elf());
        at.write("linux/tools/vm/slabinfo.c", "");
        // A directory that makes its program under no name of its own, and another not at all.
        at.write("linux/tools/group/Makefile", "all: one two\none:\n\tprintf '\\177ELF' >$(O)/deep\n"
                                               "two:\n\t@echo no libfoo >&2; false\n");
        // As kselftest's lib.mk.
        at.write("linux/tools/testing/selftests/Makefile", "all:\n\tfalse\n");
        at.write("linux/tools/testing/selftests/kvm/Makefile",
                 "all: $(OUTPUT)/x86_64/run\n$(OUTPUT)/x86_64/run: x86_64/run.c\n"
                 "\ttest -e $(patsubst -isystem%,%,$(KHDR_INCLUDES))/h && test -z \"$(O)\"\n\t"
                     + make_elf());
        at.write("linux/tools/testing/selftests/kvm/x86_64/run.c", "");
        at.write("linux/tools/testing/selftests/kvm/script.sh", "#!/bin/sh\n", 0755);
    }
    static auto make_elf() -> std::string { return "printf '\\177ELF' >$@\n"; }

    auto find(std::string_view name) const {
        return find_tree_file(tree, name, [this](command const& make) -> result<void> {
            runs.push_back(make.arguments.back());
            auto const ran = capture(make);
            if (!ran) return tl::unexpected{ran.error()};
            return ran->succeeded() ? result<void>{} : unavailable("{}", ran->err);
        });
    }
    auto found(std::string_view name) const -> std::string {
        auto const got = find(name);
        if (!got) FAIL(got.error().message);
        CHECK(std::filesystem::exists(*got));
        return got->lexically_relative(at.path).string();
    }
    auto complaint(std::string_view name, fault kind = fault::usage) const -> std::string {
        auto const got = find(name);
        REQUIRE_FALSE(got);
        CHECK(got.error().kind == kind);
        auto message = got.error().message;
        auto const place = at.path.string() + "/";
        for (auto at_place = message.find(place); at_place != std::string::npos;
             at_place = message.find(place))
            message.erase(at_place, place.size());
        return message;
    }
    auto made_in_source(std::string const& name) const { return std::filesystem::exists(tree.source / name); }
};

} // namespace

TEST_CASE("a script, data and directories of the source tree are taken as they are", "[tree_program]") {
    small_tree const t;
    CHECK(t.found("tools/testing/selftests/kvm/script.sh") == "linux/tools/testing/selftests/kvm/script.sh");
    CHECK(t.found("tools/gpio/lsgpio.c") == "linux/tools/gpio/lsgpio.c");
    CHECK(t.found("tools/gpio") == "linux/tools/gpio");
    CHECK(t.found("./tools/power/../gpio/Makefile") == "linux/tools/gpio/Makefile");
    CHECK(t.runs.empty());
}

TEST_CASE("a program below tools/ is made alone, in the build directory", "[tree_program]") {
    small_tree const t;
    CHECK(t.found("tools/gpio/lsgpio") == "build/tools/gpio/lsgpio");
    CHECK_FALSE(t.made_in_source("tools/gpio/lsgpio"));
    CHECK(t.found("tools/power/x86/stat/stat") == "build/tools/power/x86/stat/stat");
    CHECK_FALSE(t.made_in_source("tools/power/x86/stat/stat"));
    CHECK(t.complaint("tools/gpio/broken", fault::unavailable).substr(0, 10) == "no libfoo\n");
}

TEST_CASE("a Makefile that knows no output directory makes its program in the source", "[tree_program]") {
    small_tree const t;
    CHECK(t.found("tools/vsock/vsock_test") == "linux/tools/vsock/vsock_test");
    CHECK(t.runs == std::vector<std::string>{"vsock_test"});
    CHECK(t.found("tools/vsock/vsock_test") == "linux/tools/vsock/vsock_test"); // it is an ELF file now
    CHECK(t.found("tools/vm/slabinfo") == "linux/tools/vm/slabinfo");
    CHECK_FALSE(t.find("tools/vm/no/program"));
    CHECK_FALSE(t.made_in_source("tools/vm/no"));
}

TEST_CASE("a selftest is made with the kernel's headers, in a directory of its kind's own",
          "[tree_program]") {
    small_tree const t;
    auto const program = "tools/testing/selftests/kvm/x86_64/run";
    CHECK(t.found(program) == fmt::format("build/{}", program));
    CHECK_FALSE(t.made_in_source(program));
    CHECK(t.runs.front() == "headers");
}

TEST_CASE("make decides what is out of date", "[tree_program]") {
    small_tree const t;
    auto const program = t.at.path / t.found("tools/gpio/lsgpio");
    REQUIRE(write_file(program, "\177ELF as it was"));
    CHECK(t.found("tools/gpio/lsgpio") == "build/tools/gpio/lsgpio");
    CHECK(read_file(program) == "\177ELF as it was");
    std::filesystem::last_write_time(t.tree.source / "tools/gpio/lsgpio.c",
                                     std::filesystem::last_write_time(program) + std::chrono::seconds{5});
    t.found("tools/gpio/lsgpio");
    CHECK(read_file(program) == "\177ELF");
}

TEST_CASE("where no goal has the program's name its directory is made, as far as that goes",
          "[tree_program]") {
    small_tree const t;
    for (auto round = 0; round < 2; ++round) CHECK(t.found("tools/group/deep") == "build/tools/group/deep");
    CHECK(t.complaint("tools/group/other", fault::unavailable).substr(0, 10) == "no libfoo\n");
    CHECK(t.complaint("tools/power/x86/stat/other")
          == "the Makefile in linux/tools/power/x86/stat does not make it");
}

TEST_CASE("a tree that is built in place has its tools made in place", "[tree_program]") {
    small_tree t;
    t.tree.build = t.tree.source;
    t.tree.in_place = true;
    CHECK(t.found("tools/gpio/lsgpio") == "linux/tools/gpio/lsgpio");
    CHECK(t.found("tools/power/x86/stat/stat") == "linux/tools/power/x86/stat/stat");
    auto const selftest = "tools/testing/selftests/kvm/x86_64/run";
    CHECK(t.found(selftest) == fmt::format("linux/{}", selftest));
    t.at.write("linux/vmlinux", "\177ELF");
    CHECK(t.found("vmlinux") == "linux/vmlinux");
    CHECK(t.complaint("drivers/x.ko") == "not found in linux");
}

TEST_CASE("what the kernel's build has made is found there", "[tree_program]") {
    small_tree const t;
    for (auto const* name :
         {"vmlinux", "arch/x86/boot/bzImage", "drivers/md/bcache/bcache.ko", "tools/bare/program"}) {
        t.at.write(fmt::format("build/{}", name), "\177ELF");
        CHECK(t.found(name) == fmt::format("build/{}", name));
    }
    t.at.write("linux/firmware/blob", "\177ELF");
    CHECK(t.found("firmware/blob") == "linux/firmware/blob");
    CHECK(t.runs.empty());
}

TEST_CASE("what is not in the tree is an error that says where it was looked for", "[tree_program]") {
    small_tree const t;
    for (auto const* name :
         {"drivers/x.ko", "tools/gpoi/lsgpio", "tools/program", "tools/testing/selftests/kvn/run"})
        CHECK(t.complaint(name) == "not found in linux nor, as something built, in build");
    for (auto const* name : {"../x", "/etc/passwd", "tools/../../x", ""})
        CHECK(t.complaint(name)
              == "is not in the kernel's source tree: name it from there, as tools/perf/perf");
    CHECK(t.complaint("tools/..") == "names no file that could come along");
    CHECK(t.runs.empty());
}
