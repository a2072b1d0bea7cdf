#include "catch.hpp"
#include <ktest/run/signs_of_life.hpp>

using namespace ktest;
using namespace std::chrono_literals;

namespace {

void pass(signs_of_life& life, int seconds) {
    for (; seconds > 0; --seconds) life.second_passed();
}

} // namespace

TEST_CASE("a guest that says nothing for so long hangs, and not before", "[signs_of_life]") {
    signs_of_life life;
    pass(life, 9);
    CHECK_FALSE(life.hangs(10s));
    life.user_space();
    pass(life, 9);
    CHECK_FALSE(life.hangs(10s));
    pass(life, 1);
    CHECK(life.hangs(10s));
}

TEST_CASE("a kernel that reports is let finish, one that does nothing else is not", "[signs_of_life]") {
    signs_of_life life;
    for (auto second = 0; second < 19; ++second) {
        life.console(1000);
        pass(life, 1);
        CHECK_FALSE(life.hangs(10s));
    }
    life.console(1000);
    pass(life, 1);
    CHECK(life.hangs(10s));
    CHECK(life.console_bytes() == 20'000);
    life.user_space();
    CHECK(life.console_bytes() == 0);
    pass(life, 8);
    life.console(1000);
    pass(life, 4);
    CHECK_FALSE(life.hangs(10s));
    pass(life, 1);
    CHECK(life.hangs(10s));
}

TEST_CASE("a console that brings much second after second is flooded, whoever lives beside",
          "[signs_of_life]") {
    signs_of_life life;
    for (auto second = 0; second < 4; ++second) {
        life.console(10'000);
        CHECK_FALSE(life.console_is_flooded());
        pass(life, 1);
        life.user_space();
    }
    CHECK(life.console_is_flooded());
    pass(life, 1);
    CHECK_FALSE(life.console_is_flooded());
}

TEST_CASE("one long report is no flood", "[signs_of_life]") {
    signs_of_life life;
    life.console(1'000'000);
    pass(life, 4);
    CHECK_FALSE(life.console_is_flooded());
}
