#include "catch.hpp"
#include "unit/kernel/debug_kernel.hpp"
#include <ktest/run/kernel_identity.hpp>

using namespace ktest;
using kernel_test::debug_kernel;

TEST_CASE("a log says which build of the kernel it is of", "[symbols]") {
    auto const booted =
        identity_in_log(std::string{"[    0.000000] "} + debug_kernel::banner + "\r\n[ 0.1] more\n");
    CHECK(booted == kernel_identity{.banner = debug_kernel::banner, .release = "6.1.0-test", .number = "#3"});
    CHECK(identity_in_log("CPU: 0 PID: 61 Comm: a b Tainted: G        W          6.1.192-g12 #4\n")
          == kernel_identity{.release = "6.1.192-g12", .number = "#4"});
    CHECK(identity_in_log("CPU: 1 UID: 0 PID: 1 Comm: it Not tainted 6.12.0 #1 PREEMPT(full)  "
                          "0123456789abcdef0123456789abcdef01234567")
          == kernel_identity{
              .release = "6.12.0", .number = "#1", .build_id = "0123456789abcdef0123456789abcdef01234567"});
    CHECK(identity_in_log("WARNING: CPU: 0 PID: 1 at a.c:1 foo+0x1/0x2\n") == kernel_identity{});
    CHECK(identity_in_log("CPU: 0 PID: 1 Comm: cut") == kernel_identity{});
}

TEST_CASE("a vmlinux says which build it is", "[symbols]") {
    debug_kernel const kernel;
    auto const object = elf_object::open(kernel.vmlinux);
    REQUIRE(object);
    auto const there = identity_of(*object);
    CHECK(there.banner == debug_kernel::banner);
    CHECK(there.release == "6.1.0-test");
    CHECK(there.number == "#3");
    CHECK(there.build_id == object->build_id());
}

TEST_CASE("the same build is proven by its banner or id alone, another by anything", "[symbols]") {
    kernel_identity const there{.banner = "b", .release = "6.1", .number = "#3", .build_id = "00"};
    CHECK(compare({}, there) == same_build::unknown);
    CHECK(compare({.release = "6.1", .number = "#3"}, there) == same_build::unknown);
    CHECK(compare({.release = "6.1", .number = "#4"}, there) == same_build::no);
    CHECK(compare({.release = "6.2", .number = "#3"}, there) == same_build::no);
    CHECK(compare({.banner = "c", .release = "6.1", .number = "#3"}, there) == same_build::no);
    CHECK(compare({.build_id = "01"}, there) == same_build::no);
    CHECK(compare({.banner = "b"}, there) == same_build::yes);
    CHECK(compare({.release = "6.1", .number = "#3", .build_id = "00"}, there) == same_build::yes);
    CHECK(compare({.release = "6.1", .number = "#4"}, {}) == same_build::unknown);
}
