#include "catch.hpp"
#include <ktest/net/addresses.hpp>

#include <set>

using namespace ktest;

TEST_CASE("addresses tell network and node", "[net]") {
    CHECK(ipv4_address({1}, {2}) == "10.77.1.2");
    CHECK(ipv6_address({1}, {2}) == "fd77:0:0:1::2");
    CHECK(ipv6_address({8}, {16}) == "fd77:0:0:8::16");
    CHECK(to_string(node_mac({1}, {2})) == "52:54:00:77:01:02");
}

TEST_CASE("every card has a local address of its own", "[net]") {
    std::set<mac_address> macs;
    for (auto net = 1U; net <= most_networks; ++net)
        for (auto node = 1U; node <= most_nodes; ++node) {
            auto const mac = node_mac({net}, {node});
            CHECK((mac.is_local() && !mac.is_group()));
            macs.insert(mac);
        }
    CHECK(macs.size() == most_networks * most_nodes);
}

TEST_CASE("a name is the node in the first network that both are in, or in the node's first", "[net]") {
    test_spec spec;
    spec.nodes = {"server", "router", "client"};
    spec.networks = {{"lan", {"server", "router"}, {}}, {"wan", {"router", "client"}, {}}};
    CHECK(hosts_lines(spec, "client")
          == "10.77.1.1 server server.lan\n"
             "fd77:0:0:1::1 server server.lan\n"
             "10.77.1.2 router.lan\n"
             "fd77:0:0:1::2 router.lan\n"
             "10.77.2.2 router router.wan\n"
             "fd77:0:0:2::2 router router.wan\n"
             "10.77.2.3 client client.wan\n"
             "fd77:0:0:2::3 client client.wan\n");
    CHECK(hosts_lines(spec, "server").find("10.77.1.2 router router.lan\n") != std::string::npos);
    CHECK(hosts_lines({}, "server").empty());
}
