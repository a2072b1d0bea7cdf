#include "catch.hpp"
#include <ktest/command_line.hpp>

using namespace ktest;

namespace {

auto without(std::vector<std::string> const& words) {
    return without_options(words, {{.name = "--parallel", .letter = 'P'},
                                   {.name = "--bound", .has_value = false},
                                   {.name = "--ctest"}});
}
using words = std::vector<std::string>;

} // namespace

TEST_CASE("options go in each of their forms, and their values with them", "[command_line]") {
    words const rest{"ktest", "run", "-v", "it"};
    CHECK(without({"ktest", "run", "--parallel", "4", "-v", "it"}) == rest);
    CHECK(without({"ktest", "run", "--parallel=4", "-v", "--ctest=a=b", "it"}) == rest);
    CHECK(without({"ktest", "run", "-P", "4", "-v", "--bound", "it"}) == rest);
    CHECK(without({"ktest", "run", "-P4", "-v", "it", "--ctest", "token"}) == rest);
    CHECK(without({"ktest", "run", "-vP4", "it"}) == rest);
    CHECK(without({"ktest", "run", "-vP", "4", "it", "--ctest"}) == rest);
}

TEST_CASE("what only looks like such an option stays", "[command_line]") {
    for (auto const& all : {words{}, words{"-"}, words{"--parallelism"}, words{"-oP"}, words{"-tP4", "P"},
                            words{"it", "--", "--bound", "-P", "4", "--ctest", "x"}})
        CHECK(without(all) == all);
    CHECK(without({"-P", "--", "4"}) == words{"--", "4"});
}
