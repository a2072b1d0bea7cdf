#include "catch.hpp"
#include <ktest/run/nodes_outcome.hpp>

using namespace ktest;

namespace {
std::vector<std::string> const names{"server", "client"};
} // namespace

TEST_CASE("nodes pass together or not at all", "[nodes_outcome]") {
    CHECK(joint_verdict(names, {passed{}, passed{}}, {}) == verdict{passed{}});
    CHECK(joint_verdict(names, {passed{}, failed{"exit status 1"}}, 1)
          == verdict{failed{"client: exit status 1"}});
    CHECK(joint_verdict(names, {passed{}, skipped{"no nfsd"}}, 1) == verdict{skipped{"client: no nfsd"}});
}

TEST_CASE("the first that did not pass is the cause, wherever it stands", "[nodes_outcome]") {
    CHECK(joint_verdict(names, {interrupted{"stopped"}, crashed{stage::test, "panic"}}, 1)
          == verdict{crashed{stage::test, "client: panic"}});
    CHECK(joint_verdict(names, {timed_out{stage::test, "after 3 s"}, interrupted{"stopped"}}, 0)
          == verdict{timed_out{stage::test, "server: after 3 s"}});
}

TEST_CASE("a report of the kernel makes nodes fail that all had passed", "[nodes_outcome]") {
    CHECK(joint_verdict(names, {passed{}, failed{"splat: WARNING"}}, {})
          == verdict{failed{"client: splat: WARNING"}});
    CHECK(joint_verdict(names, {failed{""}, passed{}}, {}) == verdict{failed{"server"}});
}
