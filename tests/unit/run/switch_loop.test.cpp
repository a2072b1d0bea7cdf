#include "unit/net/net_test.hpp"
#include <ktest/run/switch_loop.hpp>

using namespace ktest;
using namespace ktest::test;

namespace {

/// Two nodes at a switch that works within a loop.
struct looped {
    explicit looped(link_faults const& faults) : lan{*l2_switch::create(faults)} {
        REQUIRE(lan.plug({0}, std::move(one[0])));
        REQUIRE(lan.plug({1}, std::move(other[0])));
    }
    void send(frame_bytes const& frame) {
        REQUIRE(::send(one[1].get(), frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size()));
    }

    std::array<descriptor, 2> one = *ethernet_cable(), other = *ethernet_cable();
    l2_switch lan;
    boost::asio::io_context loop{1};
    switch_loop running{loop, lan};
};

} // namespace

TEST_CASE("frames pass while the loop runs, those with a delay when it is over", "[net]") {
    link_faults faults{1};
    auto const delay = GENERATE(0ms, 2ms);
    faults.set(frame_delay{delay, 0ms});
    looped nodes{faults};
    auto const sent = std::chrono::steady_clock::now();
    for (auto n = 0U; n < 3; ++n) nodes.send(make_frame(mac(1), mac(0), n));
    while (nodes.lan.counters({1}).frames_out < 3) nodes.loop.run_one();
    CHECK(std::chrono::steady_clock::now() - sent >= delay);
    CHECK(is_readable(nodes.other[1].get()));
}

TEST_CASE("while a node takes nothing, the loop has nothing to do", "[net]") {
    looped nodes{link_faults{1}};
    auto const frame = make_frame(mac(1), mac(0), 0, 1514);
    for (auto n = 0U; n < 10'000; ++n) {
        nodes.send(frame);
        nodes.loop.poll();
    }
    CHECK(nodes.lan.counters({1}).full > 0);
    CHECK(nodes.loop.poll() == 0);
    CHECK(nodes.loop.poll() == 0);

    // Once it takes something, what waited goes on without another frame from anybody.
    frame_batch batch;
    auto const before = nodes.lan.counters({1}).frames_out;
    while (batch.receive(nodes.other[1].get()) > 0) {
    }
    nodes.loop.poll();
    CHECK(nodes.lan.counters({1}).frames_out > before);
}
