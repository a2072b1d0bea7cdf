#include "catch.hpp"
#include <ktest/run/bisect.hpp>

using namespace ktest;

namespace {
auto goal(std::string const& text) { return parse_bisect_goal(text).value(); }
verdict const crash_in_test = crashed{stage::test, "kernel panic: sysrq triggered crash"};
verdict const crash_in_boot = crashed{stage::boot, "kernel panic: VFS: Unable to mount root fs"};
verdict const late_in_test = timed_out{stage::test, "after 5 s"};
verdict const late_in_boot = timed_out{stage::boot, "after 60 s"};
} // namespace

TEST_CASE("a passed run is a good commit, whatever is looked for", "[bisect]") {
    for (auto const* kind : {"any", "fail", "crash", "boot", "some title"})
        CHECK(to_bisect_status(goal(kind), passed{}) == bisect_status::good);
}

TEST_CASE("without a kind every failure of the test is bad, and one of the boot cannot tell", "[bisect]") {
    CHECK(to_bisect_status(goal("any"), failed{"exit status 1"}) == bisect_status::bad);
    CHECK(to_bisect_status(goal("any"), crash_in_test) == bisect_status::bad);
    CHECK(to_bisect_status(goal("any"), late_in_test) == bisect_status::bad);
    CHECK(to_bisect_status(goal("any"), crash_in_boot) == bisect_status::cannot_tell);
    CHECK(to_bisect_status(goal("any"), late_in_boot) == bisect_status::cannot_tell);
    CHECK(to_bisect_status(goal("any"), skipped{"no device"}) == bisect_status::cannot_tell);
}

TEST_CASE("where one kind is looked for another cannot tell", "[bisect]") {
    CHECK(to_bisect_status(goal("fail"), failed{""}) == bisect_status::bad);
    CHECK(to_bisect_status(goal("fail"), crash_in_test) == bisect_status::cannot_tell);
    CHECK(to_bisect_status(goal("crash"), crash_in_test) == bisect_status::bad);
    CHECK(to_bisect_status(goal("crash"), failed{""}) == bisect_status::cannot_tell);
    CHECK(to_bisect_status(goal("boot"), crash_in_boot) == bisect_status::bad);
    CHECK(to_bisect_status(goal("boot"), late_in_boot) == bisect_status::bad);
    CHECK(to_bisect_status(goal("boot"), failed{""}) == bisect_status::cannot_tell);
}

TEST_CASE("a title is a regular expression on the reason", "[bisect]") {
    CHECK(to_bisect_status(goal("sysrq .* crash"), crash_in_test) == bisect_status::bad);
    CHECK(to_bisect_status(goal("Unable to mount"), crash_in_boot) == bisect_status::bad);
    CHECK(to_bisect_status(goal("another"), crash_in_test) == bisect_status::cannot_tell);
    CHECK(parse_bisect_goal("(").error().kind == fault::usage);
}

TEST_CASE("a host that fails stops the bisection", "[bisect]") {
    CHECK(to_bisect_status(goal("any"), unavailable_host{"disk full"}) == bisect_status::stop);
    CHECK(to_bisect_status(goal("any"), interrupted{"by Ctrl-C"}) == bisect_status::stop);
    CHECK(to_bisect_status(error{fault::unavailable, ""}) == bisect_status::stop);
    CHECK(to_bisect_status(error{fault::usage, ""}) == bisect_status::stop);
}

TEST_CASE("a source that does not build or lacks what is asked for cannot tell", "[bisect]") {
    CHECK(to_bisect_status(error{fault::not_built, ""}) == bisect_status::cannot_tell);
    CHECK(to_bisect_status(error{fault::not_in_tree, ""}) == bisect_status::cannot_tell);
}
