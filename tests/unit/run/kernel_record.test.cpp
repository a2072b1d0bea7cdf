#include "catch.hpp"
#include <ktest/run/kernel_record.hpp>

using namespace ktest;

TEST_CASE("a record of /dev/kmsg is read with its level, time and text", "[kernel_record]") {
    auto const record = parse_kernel_record("12,339,5140900,-,caller=T1;NET: Registered; protocol 10");
    REQUIRE(record);
    CHECK(*record == kernel_record{4, 339, 5140900, "NET: Registered; protocol 10", "T1"});
    CHECK(to_string(*record) == "[    5.140900][    T1] NET: Registered; protocol 10");
}

TEST_CASE("lines, tabs and backslashes of a record come back, and other escapes stay", "[kernel_record]") {
    auto const record = parse_kernel_record(R"(4,1,12000000,-;one\x0atwo\x09\x5c_SB_ \x1b[1m \x0)");
    REQUIRE(record);
    CHECK(record->text == "one\ntwo\t\\_SB_ \\x1b[1m \\x0");
    CHECK(to_string(*record) == "[   12.000000] one\n               two\t\\_SB_ \\x1b[1m \\x0");
}

TEST_CASE("what is not a record is refused", "[kernel_record]") {
    for (auto const* text : {"", ";", "6;x", "6,1;x", "x,1,2,-;text", "6,1,2", " SUBSYSTEM=pci;"})
        CHECK_FALSE(parse_kernel_record(text));
}
