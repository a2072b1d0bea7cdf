#include "catch.hpp"
#include <ktest/capture.hpp>
#include <ktest/program.hpp>
#include <ktest/vm/qemu_sandbox.hpp>

using namespace ktest;

TEST_CASE("a program without libseccomp has no sandbox, and is named", "[qemu_sandbox]") {
    auto const obstacle = sandbox_obstacle("/bin/true");
    REQUIRE(obstacle);
    if (detail::host_filters_system_calls()) CHECK(*obstacle == "/bin/true is built without seccomp");
}

TEST_CASE("of what cannot be read as a program nobody knows, and QEMU itself will say", "[qemu_sandbox]") {
    CHECK_FALSE(detail::lacks_seccomp("/usr/bin/ldd")); // a script
    CHECK_FALSE(detail::lacks_seccomp("/dev/null"));    // empty
    CHECK_FALSE(detail::lacks_seccomp("/nonexistent"));
}

TEST_CASE("QEMU takes the sandbox as it is asked for", "[qemu_sandbox]") {
    auto const qemu = find_program("qemu-system-x86_64", "qemu-system-x86");
    if (!qemu || sandbox_obstacle(*qemu)) return;
    auto const taken =
        capture({.arguments = {qemu->string(), "-sandbox", std::string{qemu_sandbox}, "-netdev", "help"}});
    REQUIRE(taken);
    CHECK(taken->succeeded());
    auto const refused =
        capture({.arguments = {qemu->string(), "-sandbox", "on,no=such", "-netdev", "help"}});
    REQUIRE(refused);
    CHECK_FALSE(refused->succeeded()); // or the first said nothing
}
