#include "catch.hpp"
#include <ktest/spec/ctest_needs.hpp>
#include <ktest/spec/deps.hpp>

using namespace ktest;

namespace {

auto needs(std::string_view deps) { return needs_of(parse_deps(deps, "it").value()); }

} // namespace

TEST_CASE("a test occupies its memory, and one processor where it says nothing", "[ctest]") {
    CHECK(needs("MEM=512M\n") == ctest_needs{512, 1});
    CHECK(needs("MEM=1.5G\nCPUS=4\n") == ctest_needs{1536, 4});
}

TEST_CASE("memory is rounded up", "[ctest]") { CHECK(needs_of({.memory = bytes{1}}).memory_mib == 1); }

TEST_CASE("each node of a network test counts", "[ctest]") {
    CHECK(needs("MEM=512M\nNODES=a,b,c\n") == ctest_needs{1536, 3, 0, 3});
    CHECK(needs("MEM=512M\nCPUS=2\nNODES=a,b\nMEM.a=1G\nCPUS.b=4\n") == ctest_needs{1536, 6, 0, 2});
}

TEST_CASE("scratch disks count as disk, those of each node", "[ctest]") {
    CHECK(needs("MEM=512M\nSCRATCH=1G,1.5G\n") == ctest_needs{512, 1, 2560});
    CHECK(needs("MEM=512M\nSCRATCH=1G\nNODES=a,b\nSCRATCH.b=4G\n") == ctest_needs{1024, 2, 5120, 2});
}
