#include "catch.hpp"
#include <ktest/net/node_cards.hpp>

using namespace ktest;

TEST_CASE("a node has a card for each network that it is in, in their order", "[net]") {
    test_spec spec;
    spec.nodes = {"server", "router", "client"};
    spec.networks = {{"lan", {"server", "router"}, {}}, {"wan", {"router", "client"}, 9000}};
    CHECK(node_cards(spec, 0)
          == std::vector<node_card>{{0, "52:54:00:77:01:01", "10.77.1.1/24 fd77:0:0:1::1/64 1500"}});
    CHECK(node_cards(spec, 1)
          == std::vector<node_card>{{0, "52:54:00:77:01:02", "10.77.1.2/24 fd77:0:0:1::2/64 1500"},
                                    {1, "52:54:00:77:02:02", "10.77.2.2/24 fd77:0:0:2::2/64 9000"}});
    CHECK(node_cards(spec, 2)
          == std::vector<node_card>{{1, "52:54:00:77:02:03", "10.77.2.3/24 fd77:0:0:2::3/64 9000"}});
}

TEST_CASE("a node that no network has, has no card", "[net]") {
    test_spec spec;
    spec.nodes = {"alone", "a", "b"};
    spec.networks = {{"lan", {"a", "b"}, {}}};
    CHECK(node_cards(spec, 0).empty());
}
