#include "catch.hpp"
#include <ktest/spec/deps_values.hpp>
#include <ktest/spec/option_clash.hpp>

using namespace ktest;

namespace {

auto clash_of(std::string_view one, std::string_view other) -> bool {
    return clash(*read_option(one), *read_option(other)) && clash(*read_option(other), *read_option(one));
}

} // namespace

TEST_CASE("two values of an option clash; a bare name is content with anything but n", "[option_clash]") {
    CHECK(clash_of("A=y", "A=m"));
    CHECK(clash_of("A", "A=n"));
    CHECK(clash_of("A/B=1", "A/B=2"));
    CHECK_FALSE(clash_of("A", "A=m"));
    CHECK_FALSE(clash_of("A", "A"));
    CHECK_FALSE(clash_of("A=y", "A=y"));
    CHECK_FALSE(clash_of("A=y", "B=n"));
    CHECK_FALSE(clash_of("A=n", "A/B=y"));
}

TEST_CASE("the first two options that clash are found, the later one first", "[option_clash]") {
    std::vector const options{*read_option("A"), *read_option("B=y"), *read_option("A=m"),
                              *read_option("B=n")};
    auto const [one, other] = find_clash(options);
    REQUIRE(one != nullptr);
    CHECK(to_string(*one) == "B=n");
    CHECK(to_string(*other) == "B=y");
    CHECK(find_clash({}).first == nullptr);
    CHECK(to_string(*read_option("OLD/NEW=64")) == "OLD/NEW=64");
}
