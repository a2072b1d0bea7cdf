#include "catch.hpp"
#include <ktest/spec/pattern.hpp>

using namespace ktest;

namespace {
auto refusal(std::string_view text) -> std::string {
    auto const read = read_pattern(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == fault::usage);
    return read.error().message;
}
} // namespace

TEST_CASE("a pattern is searched for", "[pattern]") {
    CHECK(std::regex_search("WARNING in kfree", read_pattern("W.*G in k(malloc|free)$").value()));
    CHECK(std::regex_search("aaaa", read_pattern("^a{2,255}$").value()));
    CHECK(std::regex_search("{1000}", read_pattern(R"(^\{1000\}$)").value()));
    CHECK_FALSE(std::regex_search("BUG", read_pattern("^WARNING").value()));
}

TEST_CASE("what is no regular expression is refused", "[pattern]") {
    CHECK(refusal("(").find("'(' is not a regular expression: ") == 0);
    CHECK(refusal(R"((a)\1)").find("is not a regular expression") != std::string::npos);
    CHECK(refusal(std::string(1001, 'a')).find("too long") != std::string::npos);
}

TEST_CASE("a number that is too great for a repetition is refused before anybody computes with it",
          "[pattern]") {
    for (auto const* text :
         {"a{256}", "a{99999999999999999999}", "a{1,4000000000}", R"(a\88888888888888888888)"})
        CHECK(refusal(text).find("is too great") != std::string::npos);
}

TEST_CASE("a pattern that matches in many ways takes no time for it", "[pattern]") {
    CHECK_FALSE(std::regex_search(std::string(200, 'a'), read_pattern("(a*)*b").value()));
    CHECK_FALSE(std::regex_search(std::string(200, 'a'), read_pattern("(a|aa)+$b").value()));
}
