#include "catch.hpp"
#include <ktest/run/log_facts.hpp>

using namespace ktest;

TEST_CASE("a log says which kernel it is of, and where that lay", "[symbols]") {
    log_facts facts;
    CHECK(facts.banner().empty());
    CHECK_FALSE(facts.text());
    facts.read("[    0.000000] Linux version 6.1.0 (me@host) #3 SMP Mon Jan  1 2024\r");
    facts.read(
        "[    9.000000] Kernel Offset: 0x1d000000 from 0xffffffff81000000 (relocation range: 0x0-0x1)");
    facts.read("Linux version 6.1.0 (me@host) #3 SMP Mon Jan  1 2024");
    CHECK(facts.banner() == "Linux version 6.1.0 (me@host) #3 SMP Mon Jan  1 2024");
    CHECK(facts.text() == 0xffffffff9e000000);
}

TEST_CASE("boots that differ say nothing of each other", "[symbols]") {
    log_facts facts;
    for (auto const* const line :
         {"Linux version 6.1.0 #3", "Linux version 6.1.0 #4", "Linux version 6.1.0 #4",
          "Kernel Offset: 0x1d000000 from 0xffffffff81000000",
          "Kernel Offset: 0x1e000000 from 0xffffffff81000000"})
        facts.read(line);
    CHECK(facts.banner().empty());
    CHECK_FALSE(facts.text());
    log_facts disabled;
    disabled.read("Kernel Offset: disabled");
    CHECK_FALSE(disabled.text());
}
