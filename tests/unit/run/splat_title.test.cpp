#include "catch.hpp"
#include <ktest/run/splat_title.hpp>

using namespace ktest;

TEST_CASE("a headline of which nothing would be left has its whole text as title", "[splat]") {
    CHECK(general_title("[ (Tainted: G kernel BUG at fs/inode.c:12!")
          == "(Tainted: G kernel BUG at fs/inode.c!");
    CHECK(general_title(" { BUG: bad") == "{ BUG: bad");
}
