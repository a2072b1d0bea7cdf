#include "net_test.hpp"

using namespace ktest;
using namespace ktest::test;

namespace {

auto ports(std::initializer_list<std::size_t> indices) -> port_set {
    port_set all;
    for (auto const index : indices) all.insert({index});
    return all;
}

} // namespace

TEST_CASE("a set of ports is walked in their order", "[net]") {
    auto const some = ports({15, 0, 3});
    std::vector<std::size_t> seen;
    some.for_each([&](port_number port) { seen.push_back(port.index); });
    CHECK(seen == std::vector<std::size_t>{0, 3, 15});
    CHECK(some.size() == 3);
    CHECK((some & ports({3, 4})) == ports({3}));
    CHECK(ports({}).empty());
}

TEST_CASE("a frame is seen only where it has a header and is no longer than the longest", "[net]") {
    CHECK_FALSE(ethernet_frame::view(frame_bytes(13)));
    CHECK(ethernet_frame::view(frame_bytes(14)));
    CHECK(ethernet_frame::view(frame_bytes(ethernet_frame::largest)));
    CHECK_FALSE(ethernet_frame::view(frame_bytes(ethernet_frame::largest + 1)));
    auto const frame = make_frame(mac(7), mac(9));
    CHECK(view(frame).destination() == mac(7));
    CHECK(to_string(view(frame).source()) == "52:54:00:00:00:09");
    CHECK(everybody.is_group());
    CHECK_FALSE(mac(1).is_group());
    CHECK(mac(1).is_local());
}

TEST_CASE("a frame goes to all others until its destination has been heard, then there alone", "[net]") {
    forwarding_table table;
    auto const all = ports({0, 1, 2});
    auto const question = make_frame(mac(2), mac(0));
    auto const answer = make_frame(mac(0), mac(2));
    CHECK(table.pass(view(question), {0}, all) == ports({1, 2}));
    CHECK(table.pass(view(answer), {2}, all) == ports({0}));
    CHECK(table.pass(view(question), {0}, all) == ports({2}));
}

TEST_CASE("what is for a group goes to all others, whoever claims that address", "[net]") {
    forwarding_table table;
    auto const all = ports({0, 1, 2});
    mac_address const group{{0x33, 0x33, 0, 0, 0, 1}};
    table.learn(group, {1});
    table.learn(everybody, {1});
    table.learn(mac_address{}, {1});
    CHECK(table.size() == 0);
    CHECK(table.pass(view(make_frame(group, mac(0))), {0}, all) == ports({1, 2}));
    CHECK(table.pass(view(make_frame(everybody, mac(0))), {0}, all) == ports({1, 2}));
}

TEST_CASE("no frame goes back to its port, nor to one that is not connected", "[net]") {
    forwarding_table table;
    auto const frame = make_frame(mac(5), mac(0));
    table.learn(mac(5), {0});
    CHECK(table.pass(view(frame), {0}, ports({0, 1})).empty());
    table.learn(mac(5), {3});
    CHECK(table.pass(view(frame), {0}, ports({0, 1})).empty());
}

TEST_CASE("an address that moves is where it was heard last, and a port can be forgotten", "[net]") {
    forwarding_table table;
    table.learn(mac(5), {0});
    table.learn(mac(5), {1});
    table.learn(mac(6), {1});
    CHECK(table.find(mac(5)) == port_number{1});
    table.forget({1});
    CHECK_FALSE(table.find(mac(5)));
    CHECK(table.size() == 0);
}

TEST_CASE("a port that claims addresses without end takes no room from the others", "[net]") {
    forwarding_table table;
    auto const claimed = [](unsigned n) {
        return mac_address{{2, 1, 0, 0, static_cast<std::uint8_t>(n >> 8U), static_cast<std::uint8_t>(n)}};
    };
    for (auto n = 0U; n < 5000; ++n) table.learn(claimed(n), {0});
    CHECK(table.size() == forwarding_table::addresses_per_port);
    table.learn(mac(1), {1});
    CHECK(table.find(mac(1)) == port_number{1});
    CHECK(table.find(claimed(0)) == port_number{0});
    CHECK_FALSE(table.find(claimed(4999))); // flooded, which is slow and right
    table.learn(claimed(0), {1});           // gives room for another
    table.learn(claimed(4999), {0});
    CHECK(table.find(claimed(4999)) == port_number{0});
}
