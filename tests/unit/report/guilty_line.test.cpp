#include "catch.hpp"
#include <ktest/report/guilty_line.hpp>

using namespace ktest;

TEST_CASE("a report's guilty function has a line that editors understand", "[symbols]") {
    symbolised_report symbols{"f+0x1/0x2\ng+0x1/0x2\nh+0x1/0x2\n"};
    symbols.root = "/nowhere/linux";
    symbols.lines[1].places = {{"inner", "/nowhere/linux/a.h", 1}, {"g", "/nowhere/linux/fs/../mm/a.c", 7}};
    auto const line = [&](std::string const& function) {
        return guilty_line({.title = "BUG: bad\x1b thing", .guilty_function = function}, symbols, "/");
    };
    CHECK(line("g") == "mm/a.c:7: error: BUG: bad\\x1b thing");
    CHECK_FALSE(line("f"));
    CHECK_FALSE(line(""));
}
