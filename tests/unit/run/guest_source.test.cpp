#include "../../catch.hpp"
#include <ktest/run/guest_source.hpp>

using namespace ktest;
using namespace std::chrono_literals;

TEST_CASE("an age is told in its largest unit", "[guest_source]") {
    CHECK(short_age(0s) == "0 s");
    CHECK(short_age(59s) == "59 s");
    CHECK(short_age(60s) == "1 min");
    CHECK(short_age(3599s) == "59 min");
    CHECK(short_age(24h) == "24 h");
}
