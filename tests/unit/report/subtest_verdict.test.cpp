#include "catch.hpp"
#include <ktest/report/subtest_verdict.hpp>

using namespace ktest;

namespace {

auto one(std::string name, outcome what, std::string detail = {}) {
    return subtest{std::move(name), what, std::move(detail), {}};
}

} // namespace

TEST_CASE("a subtest that failed fails the test that forgot it", "[subtests]") {
    CHECK(with_subtests(passed{}, {one("a", outcome::passed), one("b.c", outcome::failed)})
          == verdict{failed{"subtest b.c failed"}});
    CHECK(with_subtests(passed{}, {one("a", outcome::timed_out, "30 seconds")})
          == verdict{failed{"subtest a timed out: 30 seconds"}});
    CHECK(with_subtests(skipped{"no disk"}, {one("a", outcome::failed)})
          == verdict{failed{"subtest a failed"}});
}

TEST_CASE("a plan that came short fails the test", "[subtests]") {
    auto const missing = one("3..4", outcome::missing, "planned in 1..4, but no result came");
    CHECK(with_subtests(passed{}, {missing, one("b", outcome::failed)})
          == verdict{failed{"subtest 3..4 is missing: planned in 1..4, but no result came (and 1 more)"}});
}

TEST_CASE("what was expected to fail, or left out, changes nothing", "[subtests]") {
    CHECK(with_subtests(passed{}, {one("a", outcome::expected_failure), one("b", outcome::skipped)})
          == verdict{passed{}});
    CHECK(with_subtests(passed{}, {}) == verdict{passed{}});
}

TEST_CASE("subtests make nothing better, and no other verdict worse", "[subtests]") {
    CHECK(with_subtests(failed{"why"}, {one("a", outcome::passed)}) == verdict{failed{"why"}});
    CHECK(with_subtests(crashed{stage::test, "panic"}, {one("a", outcome::failed)})
          == verdict{crashed{stage::test, "panic"}});
}

TEST_CASE("what a test prints of the kernel's log is not counted twice", "[subtests]") {
    auto const a = one("a", outcome::passed);
    auto const b = one("b", outcome::failed);
    CHECK(all_subtests({a}, {a, b}) == std::vector{a, b});
    CHECK(all_subtests({}, {a, a}) == std::vector{a, a});
    CHECK(all_subtests({one("a", outcome::failed)}, {a}) == std::vector{one("a", outcome::failed), a});
}

TEST_CASE("a hundred thousand subtests that the kernel's log repeats are no work", "[subtests]") {
    std::vector<subtest> many;
    for (auto i = 0; i < 100'000; ++i) many.push_back(one(std::to_string(i), outcome::passed));
    CHECK(all_subtests(many, many).size() == many.size());
}
