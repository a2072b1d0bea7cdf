#include "catch.hpp"
#include <ktest/run/console_words.hpp>

using namespace ktest;

TEST_CASE("of several panics the console tells the first, however its line is cut", "[console_words]") {
    console_words console;
    console.feed("[    1.0] Kernel panic - not syncing: sys");
    CHECK(console.panic().empty());
    console.feed("rq triggered crash\r\n[    1.1] Kernel panic - not syncing: again\r\n");
    CHECK(console.panic() == "sysrq triggered crash");
}

TEST_CASE("the console tells that the kernel resets the machine, by itself or by SysRq", "[console_words]") {
    auto const* const line =
        GENERATE("[    1.0] reboot: Restarting system\r\n", "[    1.0] sysrq: Resetting\r\n");
    console_words console;
    console.feed("[    0.9] bcache: Resetting nothing\r\n");
    CHECK_FALSE(console.take_farewell());
    console.feed(line);
    CHECK(console.take_farewell());
    CHECK_FALSE(console.take_farewell());
}

TEST_CASE("a stall is told once, the latest of several", "[console_words]") {
    console_words console;
    console.feed("watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [a:1]\n"
                 "watchdog: BUG: soft lockup - CPU#0 stuck for 45s! [a:1]\n");
    auto const stall = console.take_stall();
    REQUIRE(stall);
    CHECK(stall->text.find("45s") != std::string::npos);
    CHECK_FALSE(console.take_stall());
}
