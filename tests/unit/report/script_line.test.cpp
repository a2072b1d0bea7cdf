#include "catch.hpp"
#include <ktest/capture.hpp>
#include <ktest/report/script_line.hpp>

using namespace ktest;

TEST_CASE("what bash, dash, Python and test libraries say of a line is found", "[script_line]") {
    CHECK(last_script_line("./bcache: line 17: foo: command not found\n", "bcache") == 17U);
    CHECK(last_script_line("/cdrom/bcache: 18: foo: not found\n", "bcache") == 18U);
    CHECK(last_script_line("  File \"/cdrom/bcache\", line 19, in main\n", "bcache") == 19U);
    CHECK(last_script_line("  File \"bcache\", line 20\n", "bcache") == 20U);
    CHECK(last_script_line("bcache:21: no such device\n", "bcache") == 21U);
}

TEST_CASE("the last line that is complained about counts", "[script_line]") {
    CHECK(last_script_line("/cdrom/x: line 3: a\nhello\n/cdrom/x: line 5: b\nTEST FAILED\n", "x") == 5U);
    CHECK(last_script_line(
              "Traceback (most recent call last):\n  File \"/cdrom/x\", line 9, in <module>\n    f()\n"
              "  File \"/cdrom/x\", line 4, in f\n    g()\n  File \"/usr/lib/python3/g.py\", line 80, in g\n",
              "x")
          == 4U);
}

TEST_CASE("other files, other programs and other numbers are passed over", "[script_line]") {
    for (auto const* output :
         {"", "\n\n", "hello\n", "/cdrom/lib.sh: line 17: a\n", "/cdrom/mybcache: line 17: a\n",
          "bcache.sh: line 17: a\n", "bcache: 17 devices\n", "bcache: line x: a\n", "bcache: line 0: a\n",
          "bcache: line 99999999999: a\n", "bcache: line 17", "File \"/x/bcache2\", line 7\n",
          "a bcache: 12: b\n"})
        CHECK_FALSE(last_script_line(output, "bcache"));
    CHECK_FALSE(last_script_line("/: line 17: a\n", ""));
}

TEST_CASE("the last line of the output needs no end, and a serial console's is understood", "[script_line]") {
    CHECK(last_script_line("/cdrom/x: line 3: a", "x") == 3U);
    CHECK(last_script_line("/cdrom/x: line 3: a\r\nb\r\n", "x") == 3U);
}

TEST_CASE("a name with odd characters is found too", "[script_line]") {
    CHECK(last_script_line("/cdrom/my test: v2: line 3: a\n", "my test: v2") == 3U);
}

TEST_CASE("what this machine's shells really say is understood", "[script_line]") {
    for (auto const* shell : {"bash", "dash"}) {
        auto const got = capture({.arguments = {shell, "-c", "eval\n\nno-such-program", "/cdrom/bcache"}});
        if (!got) continue;
        INFO(got->err);
        CHECK(last_script_line(got->err, "bcache").has_value());
    }
}
