#include "catch.hpp"
#include <ktest/spec/deps_syntax.hpp>

using namespace ktest;
using words = std::vector<std::string>;

namespace {

auto values(std::string_view text) -> words {
    auto const entries = read_deps_lines(text, "t");
    REQUIRE(entries);
    words all;
    for (auto const& entry : *entries) all.push_back(entry.value);
    return all;
}

auto complaint(std::string_view text) -> std::string {
    auto const entries = read_deps_lines(text, "tests/t");
    REQUIRE_FALSE(entries);
    CHECK(entries.error().kind == fault::usage);
    return entries.error().message;
}

} // namespace

TEST_CASE("lines become entries that know their line and their node", "[deps]") {
    auto const entries =
        read_deps_lines("# what it needs\n\nMEM=512M\n  \t\n  MEM.server = 1G  \r\nREQUIRE=", "t");
    REQUIRE(entries);
    REQUIRE(entries->size() == 3);
    CHECK((*entries)[0] == deps_entry{3, "MEM", std::nullopt, "512M"});
    CHECK((*entries)[1] == deps_entry{5, "MEM", "server", "1G"});
    CHECK((*entries)[2] == deps_entry{6, "REQUIRE", std::nullopt, ""});
    CHECK((*entries)[1].name() == "MEM.server");
}

TEST_CASE("an unquoted value runs to the end of the line, a quoted one to its quote", "[deps]") {
    CHECK(values("A=a # b\nB=x=y\nC=it's\nD=\"a b\"\nE='a \"b\" c'\nF=\"\"\nG=\"a\"# why\nH=' a '\n")
          == words{"a # b", "x=y", "it's", "a b", "a \"b\" c", "", "a", " a "});
}

TEST_CASE("nothing is ever evaluated", "[deps]") {
    CHECK(values("A=$(touch /tmp/x)\nB=`id`\nC=${HOME}\nD=a;b\nE=\\n")
          == words{"$(touch /tmp/x)", "`id`", "${HOME}", "a;b", "\\n"});
}

TEST_CASE("a line that cannot be read is an error with its number", "[deps]") {
    using Catch::Matchers::Contains;
    CHECK(complaint("MEM=1G\nhello world\n") == "tests/t:deps:2: 'hello world' is not KEY=VALUE");
    CHECK(complaint("=1G") == "tests/t:deps:1: '=1G' is not KEY=VALUE");
    CHECK(complaint("export MEM=1G") == "tests/t:deps:1: 'export MEM=1G' is not KEY=VALUE");
    CHECK(complaint("\n\nMEM=\"1G") == "tests/t:deps:3: MEM: the quote \" is not closed");
    CHECK(complaint("REQUIRE='a' b") == "tests/t:deps:1: REQUIRE: 'b' stands behind the closing quote");
    CHECK_THAT(complaint(std::string(1000, 'x')), Contains("xxx...' is not KEY=VALUE"));
}

TEST_CASE("what is not text is refused", "[deps]") {
    using namespace std::literals;
    auto const rubbish =
        GENERATE("a\0b"s, "a\x01"s, "\x1b[31m"s, "\x7f"s, "a\rb"s, "\x80"s, "\xc0\xaf"s, "\xe0\x80\x80"s,
                 "\xed\xa0\x80"s, "\xf4\x90\x80\x80"s, "\xf8"s, "\xc3"s, "\xe2\x82"s);
    auto const said = complaint("MEM=1G\nREQUIRE=" + rubbish + "\n");
    CHECK_THAT(said, Catch::Matchers::StartsWith("tests/t:deps:2: byte "));
    CHECK_THAT(said, Catch::Matchers::EndsWith(" is not text"));
    CHECK(values("REQUIRE=größe,€,😀\tx") == words{"größe,€,😀\tx"});
}

TEST_CASE("lists are split at commas and trimmed", "[deps]") {
    CHECK(split_list("a, b ,c d") == words{"a", "b", "c d"});
    CHECK(split_list("") == words{});
    CHECK(split_list("  ") == words{});
    for (auto const* text : {",", "a,", ",a", "a,,b", "a, ,b"}) CHECK_FALSE(split_list(text));
}

TEST_CASE("words are split at blanks but not within double quotes", "[deps]") {
    CHECK(split_words(" quiet  dyndbg=\"file bcache.c +p\"\tconsole=ttyS0,115200 ")
          == words{"quiet", "dyndbg=\"file bcache.c +p\"", "console=ttyS0,115200"});
    CHECK(split_words("") == words{});
    CHECK_FALSE(split_words("a \"b"));
}
