#include "catch.hpp"
#include <ktest/ignored_signal.hpp>

TEST_CASE("a signal that is ignored is told from one that is not", "[ignored_signal]") {
    auto* const before = std::signal(SIGHUP, SIG_IGN);
    CHECK(ktest::is_ignored(SIGHUP));
    std::signal(SIGHUP, SIG_DFL);
    CHECK_FALSE(ktest::is_ignored(SIGHUP));
    std::signal(SIGHUP, before);
}
