#include "catch.hpp"
#include <ktest/run/beginnings.hpp>

using namespace ktest;

TEST_CASE("a text begins with one of many, or with none", "[beginnings]") {
    constexpr beginnings starts{std::to_array<std::string_view>({"b", "Call", "CPU: ", "\xff", "zeta"})};
    for (auto const* text : {"b", "boat", "Call Trace", "CPU: 1", "\xff\xff", "zetas"})
        CHECK(starts.match(text));
    for (auto const* text : {"", "a", "C", "CPU:", "call", "\xfe", "zet", " b"})
        CHECK_FALSE(starts.match(text));
}
