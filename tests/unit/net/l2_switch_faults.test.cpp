#include "net_test.hpp"

#include <cmath>

using namespace ktest;
using namespace ktest::test;

TEST_CASE("a cut is symmetric and cuts nobody else off, until it is healed", "[net]") {
    test_lan lan{3};
    lan.introduce();
    auto const all_to_all = [&] {
        for (std::size_t from = 0; from < 3; ++from)
            lan.send(from, make_frame(everybody, mac(unsigned(from)), unsigned(from)));
        return std::vector{lan.numbers(0), lan.numbers(1), lan.numbers(2)};
    };
    std::vector<numbers> const whole{{1, 2}, {0, 2}, {0, 1}};
    CHECK(all_to_all() == whole);
    lan.lan.faults().cut({0}, {1});
    CHECK(all_to_all() == std::vector<numbers>{{2}, {2}, {0, 1}});
    CHECK(lan.counters(0).cut == 1);
    CHECK(lan.counters(1).cut == 1);
    lan.lan.faults().heal();
    CHECK(all_to_all() == whole);
}

TEST_CASE("frames under way are lost to a cut", "[net]") {
    link_faults faults{1};
    faults.set(frame_delay{10ms, 0ms});
    test_lan lan{3, faults};
    lan.send(0, make_frame(everybody, mac(0), 1));
    lan.lan.faults().cut({0}, {1});
    lan.now += 10ms;
    lan.settle();
    CHECK(lan.numbers(1).empty());
    CHECK(lan.counters(1).cut == 1);
    CHECK(lan.numbers(2) == numbers{1});
}

TEST_CASE("loss and duplication are what they are said to be, within four sigma of 10,000 frames", "[net]") {
    constexpr auto many = 10'000U;
    auto const sigmas = [&](double count, double share) {
        return std::abs(count - many * share) / std::sqrt(many * share * (1 - share));
    };
    SECTION("loss") {
        test_lan lan{2, with_loss(50'000)};
        auto arrived = 0U;
        for (auto n = 0U; n < many; ++n) {
            lan.send(0, make_frame(mac(1), mac(0), n));
            arrived += unsigned(lan.numbers(1).size());
        }
        CHECK(sigmas(many - arrived, 0.05) < 4);
        CHECK(lan.counters(1).lost == many - arrived);
    }
    SECTION("duplication") {
        link_faults faults{1};
        faults.set(frame_duplication{{10'000}});
        test_lan lan{2, faults};
        auto twice = 0U;
        for (auto n = 0U; n < many; ++n) {
            lan.send(0, make_frame(mac(1), mac(0), n));
            auto const came = lan.numbers(1);
            REQUIRE((came == numbers{n} || came == numbers{n, n}));
            twice += came.size() == 2 ? 1 : 0;
        }
        CHECK(sigmas(twice, 0.01) < 4);
        CHECK(lan.counters(1).duplicated == twice);
    }
}

TEST_CASE("the same seed loses the same frames, in pieces or in bursts", "[net]") {
    auto const survivors = [](std::uint64_t seed, std::uint32_t burst) {
        test_lan lan{2, with_loss(200'000, seed)};
        numbers all;
        for (auto n = 0U; n < 1000; ++n) {
            lan.send(0, make_frame(mac(1), mac(0), n));
            lan.now += n * 1us;
            if (n % burst != 0) continue;
            for (auto const number : lan.numbers(1)) all.push_back(number);
        }
        for (auto const number : lan.numbers(1)) all.push_back(number);
        return all;
    };
    auto const once = survivors(42, 1);
    CHECK(survivors(42, 1) == once);
    CHECK(survivors(42, 97) == once);
    CHECK(survivors(43, 1) != once);
}

TEST_CASE("delay and rate are exact on the clock", "[net]") {
    link_faults faults{1};
    faults.set(frame_delay{20ms, 0ms});
    faults.set(link_rate{10'000'000});
    test_lan lan{2, faults};
    auto const sent = lan.now;
    for (auto n = 0U; n < 3; ++n) lan.send(0, make_frame(mac(1), mac(0), n, 1500)); // 1.2 ms each
    for (auto n = 0U; n < 3; ++n) {
        auto const arrival = sent + 20ms + (n + 1) * 1200us;
        CHECK(lan.lan.next_arrival() == arrival);
        lan.now = arrival - 1ns;
        lan.settle();
        CHECK(lan.numbers(1).empty());
        lan.now = arrival;
        lan.settle();
        CHECK(lan.numbers(1) == numbers{n});
    }
    CHECK_FALSE(lan.lan.next_arrival());
}

TEST_CASE("no frame overtakes another, however many arrive at once", "[net]") {
    link_faults faults{1};
    faults.set(frame_delay{5ms, 5ms});
    test_lan lan{2, faults};
    numbers arrived;
    auto n = 0U;
    for (auto round = 0; round < 50; ++round) {
        for (auto const end = n + 300; n < end; ++n) lan.send(0, make_frame(mac(1), mac(0), n));
        lan.now += 7ms;
        lan.send(0, make_frame(mac(1), mac(0), n++)); // may arrive at once, behind all those
        for (auto const number : lan.numbers(1)) arrived.push_back(number);
    }
    lan.now += 10ms;
    lan.settle();
    for (auto const number : lan.numbers(1)) arrived.push_back(number);
    CHECK(arrived == from_zero(n));
}
