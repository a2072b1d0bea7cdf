#include "catch.hpp"
#include <ktest/slot/slot.hpp>

#include <set>

using namespace ktest;

TEST_CASE("a slot's number gives its port, its MAC and its address", "[slot]") {
    auto const slot = parse_slot_number("42");
    REQUIRE(slot);
    CHECK(slot->name() == "42");
    CHECK(slot->ssh_port() == 9042);
    CHECK(slot->mac() == "DE:AD:BE:EF:01:42");
    CHECK(slot->vde_address() == "172.20.0.142");
}

TEST_CASE("a slot's number may be written with one digit or two", "[slot]") {
    CHECK(parse_slot_number("7") == parse_slot_number("07"));
    CHECK(parse_slot_number("0")->name() == "00");
    CHECK(parse_slot_number("99")->ssh_port() == 9099);
}

TEST_CASE("what is no slot's number is an error", "[slot]") {
    for (auto const* const bad :
         {"", "100", "-1", "007", "1a", "a", " 1", "1 ", "0x1", "99999999999999999999"}) {
        INFO(bad);
        auto const parsed = parse_slot_number(bad);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().kind == fault::usage);
    }
}

TEST_CASE("all hundred slots differ in everything", "[slot]") {
    std::set<std::string> macs;
    std::set<std::string> addresses;
    std::set<unsigned> ports;
    for (auto const number : slot_number::all()) {
        macs.insert(number.mac());
        addresses.insert(number.vde_address());
        ports.insert(number.ssh_port());
    }
    CHECK(macs.size() == 100);
    CHECK(addresses.size() == 100);
    CHECK(ports.size() == 100);
}
