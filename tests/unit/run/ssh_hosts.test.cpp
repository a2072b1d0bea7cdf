#include "catch.hpp"
#include <ktest/run/ssh_hosts.hpp>

using namespace ktest;

namespace {

std::vector<ssh_host> const farm{{"farm1", 16}, {"farm2", 8}, {"farm3", 2}};

auto dealt(char const* resource) {
    return dealt_host(farm, resource).map([](ssh_host const& host) { return host.name; }).value_or("");
}

auto another(std::string_view failed, unsigned cpus) {
    auto const host = another_host(farm, failed, cpus, "it");
    return host ? host->name : "";
}

} // namespace

TEST_CASE("a host of ssh is a name and its processors", "[ssh]") {
    CHECK(parse_ssh_host("farm1:16") == ssh_host{"farm1", 16});
    CHECK(parse_ssh_host("me@farm-2.example.org:8") == ssh_host{"me@farm-2.example.org", 8});
    CHECK(parse_ssh_host("fe80::1:8") == ssh_host{"fe80::1", 8});
}

TEST_CASE("what is no host of ssh is an error that names it", "[ssh]") {
    for (auto const* word : {"", "farm1", "farm1:", ":4", "farm1:0", "farm1:-1", "farm1:x", "farm1:4x",
                             "-oX:4", "a b:4", "$(a):4", "farm1:99999999999"}) {
        auto const wrong = parse_ssh_host(word);
        REQUIRE(!wrong);
        CHECK(wrong.error().kind == fault::usage);
        CHECK(wrong.error().message.find(fmt::format("'{}' is not a host", word)) != std::string::npos);
    }
}

TEST_CASE("a list of hosts has one, and none twice", "[ssh]") {
    CHECK(parse_ssh_hosts({"farm1:16", "farm2:8", "farm3:2"}) == farm);
    CHECK(!parse_ssh_hosts({}));
    CHECK(!parse_ssh_hosts({"farm1:16", "farm1:8"}));
    CHECK(!parse_ssh_hosts({"farm1:16", "farm2"}));
}

TEST_CASE("a case runs on the host that CTest gave it", "[ssh]") {
    CHECK(dealt("id:0,slots:2") == "farm1");
    CHECK(dealt("id:2,slots:1") == "farm3");
    for (auto const* wrong : {"", "id:", "id:3,slots:1", "id:x,slots:1", "id:-1", "0", "slots:1"})
        CHECK(dealt(wrong).empty());
}

TEST_CASE("where CTest gave none there must be only one", "[ssh]") {
    CHECK(dealt(nullptr).empty());
    CHECK(dealt_host({{"farm1", 16}}, nullptr) == ssh_host{"farm1", 16});
}

TEST_CASE("a case is tried once more on another host, if there is one, with room if there is", "[ssh]") {
    CHECK(another("farm1", 4) == "farm2");
    CHECK(another("farm2", 4) == "farm1");
    CHECK(another("farm1", 12) != "farm1");
    CHECK(!another("farm1", 12).empty());
    CHECK(!another_host({{"farm1", 16}}, "farm1", 1, "it"));
}
