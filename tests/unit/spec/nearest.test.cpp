#include "catch.hpp"
#include <ktest/spec/nearest.hpp>

#include <string>

using namespace ktest;

TEST_CASE("the distance of words counts what must be changed, whatever the case", "[nearest]") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("", "MEM") == 3);
    CHECK(edit_distance("MEM", "") == 3);
    CHECK(edit_distance("mem", "MEM") == 0);
    CHECK(edit_distance("MME", "MEM") == 1);
    CHECK(edit_distance("SCRTCH", "SCRATCH") == 1);
    CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("a misspelt word finds the one that was meant", "[nearest]") {
    std::vector<std::string_view> const keys{"MEM",          "SCRATCH", "REQUIRE", "LREQUIRE",
                                             "TEST_REQUIRE", "NET",     "NETS"};
    CHECK(nearest("SCRTCH", keys) == "SCRATCH");
    CHECK(nearest("REQUIRES", keys) == "REQUIRE");
    CHECK(nearest("mem", keys) == "MEM");
    CHECK(nearest("TEST-REQUIRE", keys) == "TEST_REQUIRE");
    CHECK(nearest("NTES", keys) == "NETS");
}

TEST_CASE("a word that is near to nothing finds nothing", "[nearest]") {
    std::vector<std::string> const keys{"MEM", "SCRATCH"};
    CHECK_FALSE(nearest("HELLO", keys));
    CHECK_FALSE(nearest("", keys));
    CHECK_FALSE(nearest("c", std::vector<std::string>{"a", "b"}));
    CHECK_FALSE(nearest(std::string(100000, 'M'), keys));
    CHECK_FALSE(nearest("MEM", std::vector<std::string>{}));
}
