#include "net_test.hpp"

#include <random>

using namespace ktest;
using namespace ktest::test;

TEST_CASE("frames leave a queue in their order and as they came, however the ring turns", "[net]") {
    frame_queue queue{10'000};
    std::deque<frame_bytes> expected;
    std::mt19937 random{1};
    auto refused = 0;
    for (auto n = 0U; n < 100'000; ++n) {
        if (random() % 100 < 53) {
            auto const frame = make_frame(mac(1), mac(2), n, 18 + random() % 3000);
            if (queue.push(frame))
                expected.push_back(frame);
            else
                ++refused;
        } else if (!queue.empty()) {
            auto const front = queue.at(0);
            CHECK(std::equal(front.begin(), front.end(), expected[0].begin(), expected[0].end()));
            queue.pop(1);
            expected.pop_front();
        }
        REQUIRE(queue.count() == expected.size());
    }
    CHECK(refused > 0);
    while (!expected.empty()) {
        auto const front = queue.at(0);
        REQUIRE(std::equal(front.begin(), front.end(), expected[0].begin(), expected[0].end()));
        queue.pop(1);
        expected.pop_front();
    }
    CHECK(queue.empty());
}

TEST_CASE("a queue holds what fills it, and no more", "[net]") {
    frame_queue queue{640};
    for (auto n = 0U; n < 10; ++n) CHECK(queue.push(make_frame(mac(1), mac(2), n, 64)));
    CHECK_FALSE(queue.push(make_frame(mac(1), mac(2), 10, 18)));
    queue.pop(1);
    CHECK(queue.push(make_frame(mac(1), mac(2), 10, 18)));
    CHECK_FALSE(queue.push(make_frame(mac(1), mac(2), 11, 18)));
    queue.pop(10);
    CHECK(queue.push(frame_bytes(640)));
    queue.pop(1);
    CHECK_FALSE(queue.push(frame_bytes(641)));
    CHECK(queue.empty());
}

TEST_CASE("frames land in the order of their arrivals, and of their starts where these are the same",
          "[net]") {
    frames_in_flight flying;
    frames_in_flight::time const now{1h};
    auto const launch = [&](std::uint32_t number, std::chrono::nanoseconds delay) {
        CHECK(flying.launch(make_frame(mac(1), mac(2), number), {0}, {1}, now + delay));
    };
    launch(1, 3ms);
    launch(2, 1ms);
    launch(3, 3ms);
    launch(4, 2ms);
    CHECK(flying.next() == now + 1ms);
    CHECK_FALSE(flying.land(now + 999us));
    std::vector<std::uint32_t> landed;
    while (auto const frame = flying.land(now + 3ms)) landed.push_back(number_of(frame->bytes));
    CHECK(landed == std::vector<std::uint32_t>{2, 4, 1, 3});
    CHECK_FALSE(flying.next());
}

TEST_CASE("what is under way to one port is bounded, and takes no room from another", "[net]") {
    frames_in_flight flying;
    frame_bytes const frame(60'000);
    auto count = 0U;
    while (flying.launch(frame, {0}, {1}, {})) ++count;
    CHECK((count > 250 && count * frame.size() <= frames_in_flight::most_bytes));
    CHECK(flying.launch(frame, {0}, {2}, {}));
    CHECK(flying.land({}));
    CHECK(flying.launch(frame, {0}, {1}, {}));
}
