#include "catch.hpp"
#include <ktest/spec/shortened.hpp>

using ktest::detail::shortened;

TEST_CASE("what is too long to be read is cut, but not within a character", "[shortened]") {
    CHECK(shortened("short") == "short");
    CHECK(shortened(std::string(60, 'x')) == std::string(60, 'x'));
    CHECK(shortened(std::string(61, 'x')) == std::string(60, 'x') + "...");
    CHECK(shortened(std::string(59, 'x') + "\u00f6\u00f6") == std::string(59, 'x') + "...");
    CHECK(shortened("12345", 4) == "1234...");
}

TEST_CASE("what is no text is cut, too", "[shortened]") {
    CHECK(shortened(std::string(100, '\x80')) == "...");
}
