#include "catch.hpp"
#include <ktest/report/guilty_line.hpp>

TEST_CASE("a report's guilty function has a line that editors understand", "[symbols]") {
    CHECK(ktest::guilty_line("mm/a.c:7", {.title = "BUG: bad\x1b thing"})
          == "mm/a.c:7: error: BUG: bad\\x1b thing");
}
