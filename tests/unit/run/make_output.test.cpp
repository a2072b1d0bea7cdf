#include "catch.hpp"
#include <ktest/run/make_output.hpp>

using namespace ktest;

TEST_CASE("the steps of a build are told from what else make prints", "[make_output]") {
    CHECK(build_step("  CC      drivers/md/md.o") == "CC      drivers/md/md.o");
    CHECK(build_step("  CC [M]  drivers/md/bcache/btree.o") == "CC [M]  drivers/md/bcache/btree.o");
    CHECK(build_step("  LD      vmlinux") == "LD      vmlinux");
    CHECK(build_step("make[1]: Entering directory '/tmp/linux/.ktest'").empty());
    CHECK(build_step("#").empty());
    CHECK(build_step("  sh ../scripts/x.sh").empty());
    CHECK(build_step("").empty());
    CHECK(build_step("  CALL    ../scripts/checksyscalls.sh").empty());
    CHECK(build_step("  DESCEND objtool").empty());
    CHECK(build_step("  GEN     Makefile").empty());
}

TEST_CASE("progress names the file, and how many steps the last build had", "[make_output]") {
    CHECK(build_progress("CC      drivers/md/md.o", 3, 0) == "building the kernel: 3 steps, drivers/md/md.o");
    CHECK(build_progress("LD      vmlinux", 3, 2310)
          == "building the kernel: 3 steps (the last build: 2310), vmlinux");
}

TEST_CASE("the compiler's names can be opened from where the user stands", "[make_output]") {
    CHECK(with_readable_names("../drivers/md/md.c:17:5: error: expected ';'", "/src/")
          == "/src/drivers/md/md.c:17:5: error: expected ';'");
    CHECK(with_readable_names("In file included from ../include/linux/a.h:1,", "./")
          == "In file included from ./include/linux/a.h:1,");
    CHECK(with_readable_names("                 from ../kernel/fork.c:2:", "/src/")
          == "                 from /src/kernel/fork.c:2:");
    CHECK(with_readable_names("a/../b.c:1: ../../x ...", "/src/") == "a/../b.c:1: ../../x ...");
}

TEST_CASE("an error that another host would not have is the host's", "[make_output]") {
    CHECK(is_hosts_fault("ld: final link failed: No space left on device"));
    CHECK(is_hosts_fault("/bin/sh: 1: flex: not found"));
    CHECK(!is_hosts_fault("../a.c:1:1: error: 'x' undeclared"));
}
