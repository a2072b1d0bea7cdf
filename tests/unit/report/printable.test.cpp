#include "catch.hpp"
#include <ktest/report/printable.hpp>

using namespace ktest;

TEST_CASE("text that everybody can show stays as it is", "[printable]") {
    CHECK(printable("") == "");
    CHECK(printable("one\n\ttwo äöü € 🐧 \\ <&>") == "one\n\ttwo äöü € 🐧 \\ <&>");
}

TEST_CASE("control characters become visible", "[printable]") {
    CHECK(printable("\x1b[31mred\x07") == "\\x1b[31mred\\x07");
    CHECK(printable(std::string_view{"a\0b\x7f", 4}) == "a\\x00b\\x7f");
    CHECK(printable("\xC2\x9B"
                    "31m")
          == "\\xc2\\x9b31m");
}

TEST_CASE("bytes that are not UTF-8 become visible, one by one", "[printable]") {
    CHECK(printable("\xFF\xFE") == "\\xff\\xfe");
    CHECK(printable("a\x80z") == "a\\x80z");
    CHECK(printable("\xC0\x80") == "\\xc0\\x80");                   // longer than it need be
    CHECK(printable("\xE0\x9F\xBF") == "\\xe0\\x9f\\xbf");          // the same
    CHECK(printable("\xED\xA0\x80") == "\\xed\\xa0\\x80");          // a surrogate
    CHECK(printable("\xF4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80"); // past U+10FFFF
    CHECK(printable("\xE2\x82") == "\\xe2\\x82");                   // cut off
    CHECK(printable("\xE2\x82"
                    "A")
          == "\\xe2\\x82"
             "A");
}

TEST_CASE("the non-characters that XML forbids become visible", "[printable]") {
    CHECK(printable("\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD") == "\\xef\\xbf\\xbe\\xef\\xbf\\xbf\xEF\xBF\xBD");
}

TEST_CASE("the end of line of a serial console is a newline", "[printable]") {
    CHECK(printable("one\r\ntwo\rthree\r") == "one\ntwo\\x0dthree\\x0d");
}

TEST_CASE("a printable line is one line", "[printable]") {
    CHECK(printable_line("\n one\r\ntwo\tthree \n") == "one two three");
    CHECK(printable_line(" \n\t") == "");
}

TEST_CASE("the last lines are whole where a line fits", "[printable]") {
    CHECK(last_lines("one\ntwo\n", 100) == "one\ntwo\n");
    CHECK(last_lines("one\ntwo\n", 8) == "one\ntwo\n");
    CHECK(last_lines("one\ntwo\n", 7) == "two\n");
    CHECK(last_lines("one\ntwo\n", 4) == "two\n");
    CHECK(last_lines("one\ntwo\n", 3) == "wo\n");
    CHECK(last_lines("one\ntwo", 3) == "two");
    CHECK(last_lines("a very long line", 4) == "line");
}
