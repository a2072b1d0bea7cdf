#include "catch.hpp"
#include <ktest/run/splat_title.hpp>

using namespace ktest;

TEST_CASE("a headline of which nothing would be left has its whole text as title", "[splat]") {
    CHECK(general_title("[ (Tainted: G kernel BUG at fs/inode.c:12!")
          == "(Tainted: G kernel BUG at fs/inode.c!");
    CHECK(general_title(" { BUG: bad") == "{ BUG: bad");
}

TEST_CASE("a function that the compiler has split has one name in every build's title", "[splat]") {
    auto const* const title = "BUG: KASAN: use-after-free in lkdtm_WRITE_AFTER_FREE [lkdtm]";
    for (auto const* const suffix :
         {"", ".cold", ".cold.12", ".isra.0", ".part.0.isra.3", ".constprop.0.cold"})
        CHECK(general_title(fmt::format(
                  "BUG: KASAN: use-after-free in lkdtm_WRITE_AFTER_FREE{}+0xbf/0xc1 [lkdtm]", suffix))
              == title);
}
