#include "catch.hpp"
#include <ktest/capture.hpp>
#include <ktest/shell_quote.hpp>

using namespace ktest;

TEST_CASE("a word that needs no quotes has none", "[shell_quote]") {
    CHECK(shell_quote("tests/bcache") == "tests/bcache");
    CHECK(shell_quote("KTEST_FSTYP=xfs") == "KTEST_FSTYP=xfs");
}

TEST_CASE("an empty word, blanks and what a shell acts on are quoted", "[shell_quote]") {
    CHECK(shell_quote("") == "''");
    CHECK(shell_quote("a b") == "'a b'");
    CHECK(shell_quote("$HOME") == "'$HOME'");
    CHECK(shell_quote("~") == "'~'");
    CHECK(shell_quote("it's") == "'it'\\''s'");
}

TEST_CASE("a quoted word stays in one line", "[shell_quote]") { CHECK(shell_quote("a\nb") == "$'a\\012b'"); }

TEST_CASE("a command line joins its words", "[shell_quote]") {
    CHECK(shell_quote(std::vector<std::string>{"ktest", "run", "a b", ""}) == "ktest run 'a b' ''");
    CHECK(shell_quote(std::vector<std::string>{}).empty());
}

TEST_CASE("a shell reads back every byte that was quoted", "[shell_quote]") {
    std::string every;
    for (auto byte = 1; byte < 256; ++byte) every += static_cast<char>(byte);
    for (auto const& word : {every, std::string{"plain 'quotes' \\ \"$x\" `y` !z"},
                             std::string{"\x01"
                                         "1\\'"}}) {
        auto const got = capture({.arguments = {"bash", "-c", "printf %s " + shell_quote(word)}});
        REQUIRE(got);
        CHECK(got->out == word);
    }
}
