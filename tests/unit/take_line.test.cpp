#include "catch.hpp"
#include <ktest/take_line.hpp>

using namespace ktest;

TEST_CASE("lines are taken one by one, the empty ones and one without an end, too", "[take_line]") {
    std::string_view text = "one\n\nlast";
    CHECK(take_line(text) == "one");
    CHECK(take_line(text).empty());
    CHECK(take_line(text) == "last");
    CHECK(text.empty());
    CHECK(take_line(text).empty());
}
