#include "net_test.hpp"

using namespace ktest;
using namespace ktest::test;

TEST_CASE("where nothing is wrong, no frame is lost, doubled or out of order", "[net]") {
    auto const type = GENERATE(SOCK_DGRAM, SOCK_SEQPACKET);
    test_lan lan{3, link_faults{1}, type};
    lan.introduce();
    numbers at_1, at_2;
    constexpr auto many = 10'000U;
    constexpr std::uint64_t size = 60;
    for (auto n = 0U; n < many; ++n) {
        lan.send(0, make_frame(mac(1), mac(0), n));
        lan.send(1, make_frame(mac(2), mac(1), n));
        for (auto const number : lan.numbers(1)) at_1.push_back(number);
        for (auto const number : lan.numbers(2)) at_2.push_back(number);
    }
    CHECK(at_1 == from_zero(many));
    CHECK(at_2 == from_zero(many));
    CHECK(lan.numbers(0).empty());
    auto const& one = lan.counters(1);
    CHECK(one.frames_in == many + 1); // it was introduced
    CHECK(one.bytes_in == size * (many + 1));
    CHECK(one.frames_out == many + 2);
    CHECK(one.bytes_out == size * (many + 2));
    CHECK(one.full + one.gone + one.lost + one.cut + one.malformed == 0);
}

TEST_CASE("no node hears itself, and what is for everybody all others hear once", "[net]") {
    test_lan lan{4};
    auto const destination = GENERATE(everybody, mac_address{{0x01, 0x80, 0xC2, 0, 0, 0}}, mac(99));
    lan.introduce();
    for (std::size_t node = 0; node < 4; ++node)
        lan.send(node, make_frame(destination, mac(unsigned(node)), unsigned(node)));
    for (std::size_t node = 0; node < 4; ++node) {
        auto others = from_zero(4);
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(node));
        CHECK(lan.numbers(node) == others);
    }
}

TEST_CASE("a frame for a node that has been heard goes there alone", "[net]") {
    test_lan lan{3};
    lan.introduce();
    lan.send(0, make_frame(mac(2), mac(0), 7));
    CHECK(lan.numbers(2) == numbers{7});
    CHECK(lan.numbers(1).empty());
    lan.send(0, make_frame(mac(0), mac(0), 8)); // to itself
    for (std::size_t node = 0; node < 3; ++node) CHECK(lan.numbers(node).empty());
}

TEST_CASE("frames pass as they are: of any size, with tags or without", "[net]") {
    test_lan lan{2};
    lan.introduce();
    for (std::size_t const size : {18U, 60U, 1514U, 1518U, 9018U, 65'000U, 65'557U}) {
        auto frame = make_frame(mac(1), mac(0), 0, size);
        for (std::size_t i = 14; i < size; ++i) frame[i] = std::byte(i * 31 >> 3);
        if (size >= 1518) frame[12] = std::byte{0x81}, frame[13] = std::byte{0}; // 802.1Q
        lan.send(0, frame);
        CHECK(lan.receive(1) == frame);
    }
    CHECK(lan.counters(0).malformed == 0);
}

TEST_CASE("what is no frame is counted, and goes nowhere", "[net]") {
    test_lan lan{2};
    lan.send(0, frame_bytes(13));
    lan.send(0, frame_bytes(0));
    lan.send(0, make_frame(mac(1), mac(0), 0, ethernet_frame::largest + 1));
    CHECK(lan.counters(0).malformed == 3);
    CHECK(lan.numbers(1).empty());
    lan.send(0, make_frame(mac(1), mac(0), 5)); // and it has not been taken for the end
    CHECK(lan.numbers(1) == numbers{5});
}

TEST_CASE("a node that takes nothing has its frames dropped and counted, and disturbs nobody", "[net]") {
    test_lan lan{4};
    lan.introduce();
    constexpr auto many = 20'000U;
    auto heard = 0U;
    for (auto n = 0U; n < many; ++n) {
        lan.send(0, make_frame(mac(1), mac(0), n, 1514));
        lan.send(2, make_frame(mac(3), mac(2), n, 1514));
        for (auto const number : lan.numbers(3)) CHECK(number == heard++);
    }
    CHECK(heard == many);
    CHECK(lan.counters(3).full == 0);
    CHECK(lan.counters(1).full > many / 2);

    // Nothing is to be done until it takes something.
    CHECK_FALSE(is_readable(lan.lan.number()));
    CHECK_FALSE(lan.lan.work(lan.now));
    CHECK_FALSE(lan.lan.next_arrival());

    // Then all that waited comes, in its order, and the counts say about each frame what became of it.
    auto const kept = lan.numbers(1);
    CHECK(kept == from_zero(unsigned(kept.size())));
    CHECK(kept.size() > switch_port::queue_size / 1514);
    CHECK(kept.size() + lan.counters(1).full == many);
    lan.send(0, make_frame(mac(1), mac(0), 77));
    CHECK(lan.numbers(1) == numbers{77});
    CHECK_FALSE(is_readable(lan.lan.number()));
}

TEST_CASE("one turn is bounded, however much a node sends", "[net]") {
    test_lan lan{2};
    lan.introduce();
    auto const frame = make_frame(mac(1), mac(0), 0, 18);
    auto ends = *ethernet_cable();
    REQUIRE(lan.lan.plug({0}, std::move(ends[0])));
    auto sent = 0U;
    while (::send(ends[1].get(), frame.data(), frame.size(), MSG_DONTWAIT) > 0) ++sent;
    REQUIRE(sent > frames_at_once);
    auto const before = lan.counters(0).frames_in;
    CHECK(lan.lan.work(lan.now)); // there is more
    CHECK(lan.counters(0).frames_in == before + frames_at_once);
    while (lan.lan.work(lan.now)) {
    }
    CHECK(lan.counters(0).frames_in == before + sent);
}

TEST_CASE("a node that closes its end is a port that is down", "[net]") {
    auto const type = GENERATE(SOCK_DGRAM, SOCK_SEQPACKET);
    test_lan lan{3, link_faults{1}, type};
    lan.introduce();
    lan.close(1);
    lan.settle();
    // Only a connection says so at once; of the other kind one hears when one sends.
    CHECK(lan.lan.is_connected({1}) == (type == SOCK_DGRAM));
    lan.send(0, make_frame(everybody, mac(0), 1));
    lan.send(0, make_frame(everybody, mac(0), 2));
    CHECK_FALSE(lan.lan.is_connected({1}));
    CHECK(lan.counters(1).gone == (type == SOCK_DGRAM ? 1 : 0));
    CHECK(lan.numbers(2) == numbers{1, 2});
    CHECK_FALSE(is_readable(lan.lan.number()));
}

TEST_CASE("what a node sent before it closed its end still arrives", "[net]") {
    auto const type = GENERATE(SOCK_DGRAM, SOCK_SEQPACKET);
    test_lan lan{2, link_faults{1}, type};
    lan.introduce();
    auto ends = *ethernet_cable(type);
    REQUIRE(lan.lan.plug({0}, std::move(ends[0])));
    for (auto n = 0U; n < 10; ++n) {
        auto const frame = make_frame(mac(1), mac(0), n);
        REQUIRE(::send(ends[1].get(), frame.data(), frame.size(), 0) == 60);
    }
    ends[1].close();
    lan.settle();
    CHECK(lan.numbers(1) == from_zero(10));
    CHECK_FALSE(is_readable(lan.lan.number()));
}

TEST_CASE("what waits for a node that goes is counted", "[net]") {
    test_lan lan{2};
    lan.introduce();
    for (auto n = 0U; n < 1500; ++n) lan.send(0, make_frame(mac(1), mac(0), n, 1514));
    auto const waiting = 1500 + 1 - lan.counters(1).frames_out - lan.counters(1).full;
    REQUIRE(waiting > 0);
    SECTION("when it closes its end") {
        lan.close(1);
        lan.settle();
        lan.send(0, make_frame(mac(1), mac(0)));
    }
    SECTION("when its cable is pulled out") { lan.lan.unplug({1}); }
    CHECK(lan.counters(1).gone == waiting);
    CHECK_FALSE(is_readable(lan.lan.number()));
}

TEST_CASE("more than is allowed under way is dropped and counted", "[net]") {
    link_faults faults{1};
    faults.set(frame_delay{10s, 0s});
    test_lan lan{2, faults};
    for (auto n = 0U; n < 400; ++n) lan.send(0, make_frame(mac(1), mac(0), n, 60'000));
    CHECK(lan.counters(1).full > 0);
    lan.now += 10s;
    lan.settle();
    auto const kept = lan.numbers(1);
    CHECK(kept.size() + lan.counters(1).full == 400); // the port's queue is shorter than what was under way
    CHECK(kept == from_zero(unsigned(kept.size())));
}

TEST_CASE("whoever watches a switch sees each frame once, and to whom it will not get", "[net]") {
    test_lan lan{3, with_loss(1'000'000)};
    lan.lan.faults().cut({0}, {1});
    struct seen {
        port_number from;
        frame_bytes bytes;
        port_set lost, cut;
    };
    std::vector<seen> all;
    lan.lan.on_frame([&](frame_passage const& one) {
        all.push_back({one.from, {one.frame.bytes().begin(), one.frame.bytes().end()}, one.lost, one.cut});
    });
    auto const frame = make_frame(everybody, mac(0), 9);
    lan.send(0, frame);
    REQUIRE(all.size() == 1);
    CHECK(all[0].from == port_number{0});
    CHECK(all[0].bytes == frame);
    CHECK(all[0].cut == port_set{{1}});
    CHECK(all[0].lost == port_set{{2}});
}

TEST_CASE("a port takes a new cable in the place of the old one", "[net]") {
    test_lan lan{2};
    lan.introduce();
    auto ends = *ethernet_cable();
    REQUIRE(lan.lan.plug({1}, std::move(ends[0])));
    lan.send(0, make_frame(mac(1), mac(0), 3));
    CHECK(lan.numbers(1).empty());
    CHECK(is_readable(ends[1].get()));
    CHECK(lan.counters(1).frames_in == 1); // counts go on
}
