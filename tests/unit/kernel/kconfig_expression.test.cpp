#include "catch.hpp"
#include <ktest/kernel/kconfig_expression.hpp>

#include <ostream>

using namespace ktest;

namespace {

auto value(std::string_view text) -> std::string {
    auto const config = parse_kconfig("CONFIG_Y=y\nCONFIG_M=m\nCONFIG_CPUS=64\nCONFIG_TEXT=\"abc\"\n"
                                      "CONFIG_START=0x1000\n");
    switch (evaluate(read_kconfig_expression(text), config)) {
    case tristate::no: return "n";
    case tristate::module: return "m";
    case tristate::yes: return "y";
    case tristate::unknown: return "?";
    }
    return "";
}

} // namespace

TEST_CASE("a condition is the least of what is joined by &&, the greatest of what is joined by ||",
          "[kconfig_expression]") {
    CHECK(value("Y") == "y");
    CHECK(value("M") == "m");
    CHECK(value("NOT_SET") == "n");
    CHECK(value("Y && M") == "m");
    CHECK(value("Y||M") == "y");
    CHECK(value("M || NOT_SET && Y") == "m");
    CHECK(value("(M || NOT_SET) && !Y") == "n");
    CHECK(value("!NOT_SET") == "y");
    CHECK(value("!M") == "m");
    CHECK(value("!!Y") == "y");
    CHECK(value("Y && \\\n\tM") == "m");
    CHECK(value("y") == "y");
    CHECK(value("m && !n") == "m");
}

TEST_CASE("values are compared as texts, and as numbers", "[kconfig_expression]") {
    CHECK(value("M=m") == "y");
    CHECK(value("M != n") == "y");
    CHECK(value("NOT_SET = n") == "y");
    CHECK(value("NOT_SET != \"\"") == "n");
    CHECK(value("TEXT = \"abc\"") == "y");
    CHECK(value("TEXT = 'x y'") == "n");
    CHECK(value("CPUS < 128") == "y");
    CHECK(value("CPUS >= 65") == "n");
    CHECK(value("CPUS <= 64") == "y");
    CHECK(value("START > 4095") == "y");
    CHECK(value("!(CPUS = 64)") == "n");
    CHECK(value("NOT_SET < 3") == "?");
}

TEST_CASE("what asks the compiler is unknown, and stays so where it decides", "[kconfig_expression]") {
    CHECK(value("$(cc-option,-fsanitize=thread --param (a)=1)") == "?");
    CHECK(value("$(cc-option,-gz) && NOT_SET") == "n");
    CHECK(value("NOT_SET && $(cc-option,-gz)") == "n");
    CHECK(value("$(cc-option,-gz) && Y") == "?");
    CHECK(value("$(cc-option,-gz) || Y") == "y");
    CHECK(value("!$(cc-option,-gz)") == "?");
    CHECK(value("\"$(CC)\" = \"gcc\"") == "?");
}

TEST_CASE("what is no condition is unknown", "[kconfig_expression]") {
    for (auto const* text : {"", "&&", "Y &&", "(Y", "Y)", "Y Y", "\"abc", "$(a", "Y = ", "!", "= Y", "Y & M",
                             "A B C", "$", "Y || || M"}) {
        INFO(text);
        CHECK(value(text) == "?");
    }
    CHECK(value(std::string(1'000'000, '(')) == "?");
    CHECK(value(std::string(1'000'000, '!')) == "?");
}

TEST_CASE("a part of a condition keeps its text", "[kconfig_expression]") {
    auto const read = read_kconfig_expression("A && (B || !C )");
    REQUIRE(read.parts.size() == 2);
    CHECK(read.parts[0].text == "A");
    CHECK(read.parts[1].text == "B || !C");
    CHECK(read.parts[1].parts[1].text == "!C");
}
