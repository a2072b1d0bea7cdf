#include "catch.hpp"
#include <ktest/net/link_faults.hpp>

#include <cmath>
#include <vector>

using namespace ktest;
using namespace std::chrono_literals;
using kind = frame_fate::kind;

namespace {

constexpr link_faults::time start{1h};
constexpr port_number a{0}, b{1}, c{2};
constexpr std::uint64_t many = 10'000;

/// Within four standard deviations of what is to be expected of `many`.
auto is_near(std::uint64_t count, double share) -> bool {
    auto const expected = static_cast<double>(many) * share;
    return std::abs(static_cast<double>(count) - expected) < 4 * std::sqrt(expected * (1 - share));
}

/// The fates of `many` frames, `apart` from each other.
auto fates(link_faults& faults, port_number from, port_number to, std::chrono::nanoseconds apart = 1ms) {
    std::vector<frame_fate> all;
    for (auto n = 0U; n < many; ++n) all.push_back(faults.pass(1514, from, to, start + n * apart));
    return all;
}

template<class Which>
auto count(std::vector<frame_fate> const& all, Which which) -> std::uint64_t {
    return static_cast<std::uint64_t>(std::count_if(all.begin(), all.end(), which));
}
auto is_lost(frame_fate const& fate) -> bool { return fate.what == kind::lost; }
auto is_twice(frame_fate const& fate) -> bool { return fate.copies == 2; }

auto which_are_lost(std::vector<frame_fate> const& all) {
    std::vector<bool> lost;
    for (auto const& one : all) lost.push_back(is_lost(one));
    return lost;
}

} // namespace

TEST_CASE("the random numbers of a seed are these on every machine", "[net]") {
    random_stream numbers; // of splitmix64's state 0, as its author gives them
    CHECK(numbers.next() == 0xE220A8397B1DCDAF);
    CHECK(numbers.next() == 0x6E789E6AA1B965F4);
    CHECK(numbers.next() == 0x06C45D188009454F);
    random_stream chances{7, 3};
    auto happened = 0;
    for (auto i = 0; i < 1000; ++i) happened += chances.happens({50'000}) ? 1 : 0;
    CHECK(happened == 47);
    CHECK(chances.up_to(0) == 0);
    for (auto i = 0; i < 1000; ++i) CHECK(chances.up_to(9) < 10);
}

TEST_CASE("where nothing is wrong, each frame arrives once and at once", "[net]") {
    link_faults faults{1};
    frame_fate const at_once{.copies = 1, .arrivals = {start}};
    CHECK(count(fates(faults, a, b, 0ns), [&](auto const& one) { return one == at_once; }) == many);
}

TEST_CASE("the share that is lost is lost, within four sigma", "[net]") {
    auto const [share, lost] = GENERATE(table<double, frame_loss>(
        {{0.0, {}}, {0.0025, {{2'500}}}, {0.05, {{50'000}}}, {0.5, {{500'000}}}, {1.0, {{1'000'000}}}}));
    link_faults faults{42};
    faults.set(lost);
    auto const number = count(fates(faults, a, b), is_lost);
    CAPTURE(share, number);
    CHECK((share == 0 ? number == 0 : share == 1 ? number == many : is_near(number, share)));
}

TEST_CASE("the share that comes twice does, within four sigma, and both at once", "[net]") {
    link_faults faults{42};
    faults.set(frame_duplication{{10'000}});
    auto const all = fates(faults, a, b);
    CHECK(is_near(count(all, is_twice), 0.01));
    CHECK(count(all, [](auto const& one) { return one.copies == 1; }) == many - count(all, is_twice));
    for (auto const& one : all)
        if (is_twice(one)) CHECK(one.arrivals[0] == one.arrivals[1]);
}

TEST_CASE("the same seed loses the same frames, whenever they come and whatever else is wrong", "[net]") {
    link_faults one{42}, same{42}, slow{42}, other{43}, elsewhere{42, 1};
    one.set(frame_delay{});
    slow.set(frame_delay{20ms, 5ms}); // the count of changes is the same for all
    for (auto* const faults : {&same, &other, &elsewhere}) faults->set(frame_reordering{{100'000}});
    for (auto* const faults : {&one, &same, &slow, &other, &elsewhere}) faults->set(frame_loss{{50'000}});

    auto const lost = which_are_lost(fates(one, a, b, 1ms));
    CHECK(which_are_lost(fates(same, a, b, 17us)) == lost);
    CHECK(which_are_lost(fates(slow, a, b, 3ns)) == lost);
    CHECK(which_are_lost(fates(other, a, b)) != lost);
    CHECK(which_are_lost(fates(elsewhere, a, b)) != lost);
    CHECK(which_are_lost(fates(same, b, a)) != lost); // each way has numbers of its own
    CHECK(which_are_lost(fates(same, a, c)) != lost);
}

TEST_CASE("frames of other links and from before a change move no loss", "[net]") {
    link_faults quiet{42}, noisy{42};
    for (auto n = 0U; n < 123; ++n) noisy.pass(60, a, b, start);
    quiet.set(frame_loss{{50'000}});
    noisy.set(frame_loss{{50'000}});
    for (auto n = 0U; n < 123; ++n) noisy.pass(60, c, b, start);
    CHECK(which_are_lost(fates(quiet, a, b)) == which_are_lost(fates(noisy, a, b)));
}

TEST_CASE("a delay without jitter is exact", "[net]") {
    link_faults faults{1};
    faults.set(frame_delay{20ms, 0ms});
    for (auto n = 0; n < 1000; ++n)
        CHECK(faults.pass(1514, a, b, start + n * 1ms).arrivals[0] == start + n * 1ms + 20ms);
}

TEST_CASE("jitter stays within its bounds, uses them, and lets no frame overtake another", "[net]") {
    link_faults faults{1};
    faults.set(frame_delay{20ms, 5ms});
    auto const rare = fates(faults, a, b, 1s);
    auto least = 1h + 0ns;
    auto most = 0ns;
    auto sum = 0ns;
    for (auto n = 0U; n < many; ++n) {
        auto const delay = rare[n].arrivals[0] - (start + n * 1s);
        least = std::min<std::chrono::nanoseconds>(least, delay);
        most = std::max<std::chrono::nanoseconds>(most, delay);
        sum += delay;
    }
    CHECK((least >= 15ms && least < 15'010us));
    CHECK((most <= 25ms && most > 24'990us));
    CHECK(std::chrono::abs(sum / int{many} - 20ms) < 4 * 5ms / std::sqrt(3 * many)); // uniform

    faults.set(frame_delay{20ms, 5ms});
    auto const dense = fates(faults, a, b, 100us);
    CHECK(std::is_sorted(dense.begin(), dense.end(), [](auto const& one, auto const& other) {
        return one.arrivals[0] < other.arrivals[0];
    }));
}

TEST_CASE("a reordered frame comes later, and those behind it do not wait", "[net]") {
    link_faults faults{1};
    faults.set(frame_reordering{{20'000}});
    auto const all = fates(faults, a, b, 100us);
    for (auto n = 0U; n < many; ++n)
        CHECK(all[n].arrivals[0] - (start + n * 100us) == (all[n].reordered ? link_faults::held_up : 0ms));
    CHECK(is_near(count(all, [](auto const& one) { return one.reordered; }), 0.02));
}

TEST_CASE("a link of limited rate carries one frame after the other, exactly", "[net]") {
    link_faults faults{1};
    faults.set(link_rate{10'000'000});
    for (auto n = 1; n <= 100; ++n) // 1,500 bytes are 1.2 ms of 10 Mbit/s
        CHECK(faults.pass(1500, n % 2 == 0 ? a : c, b, start).arrivals[0] == start + n * 1200us);
    CHECK(faults.pass(1500, a, c, start).arrivals[0] == start + 1200us);           // another cable
    CHECK(faults.pass(1500, a, b, start + 1s).arrivals[0] == start + 1s + 1200us); // idle again
    faults.set(frame_delay{3ms, 0ms});
    CHECK(faults.pass(1500, a, b, start).arrivals[0] == start + 1200us + 3ms);
}

TEST_CASE("what comes faster than a link can carry it waits in a bounded queue", "[net]") {
    link_faults faults{1};
    faults.set(link_rate{1'000'000});
    auto const burst = fates(faults, a, b, 0ns);
    auto const waiting = count(burst, [](auto const& one) { return one.what == kind::arrives; });
    CHECK(waiting == link_faults::longest_queue / 1514 + 1);
    CHECK(count(burst, [](auto const& one) { return one.what == kind::crowded; }) == many - waiting);

    faults.set(link_rate{1'000'000});
    auto const paced = fates(faults, a, b, 12112us); // at its pace all pass
    CHECK(count(paced, [](auto const& one) { return one.what == kind::arrives; }) == many);
    faults.set(link_rate{1'000}); // the queue is shorter than the frame takes: one may always
    CHECK(faults.pass(65'000, a, b, start).what == kind::arrives);
}

TEST_CASE("a cut stops both ways unless it is told one, and nobody else", "[net]") {
    link_faults faults{1};
    auto const arrives = [&](port_number from, port_number to) {
        return faults.pass(60, from, to, start).what == kind::arrives;
    };
    faults.cut(a, b);
    CHECK_FALSE(arrives(a, b));
    CHECK_FALSE(arrives(b, a));
    CHECK((arrives(a, c) && arrives(c, a) && arrives(b, c) && arrives(c, b)));
    faults.heal(b, a);
    CHECK((arrives(a, b) && arrives(b, a)));
    faults.cut(a, b, cut_direction::one_way);
    CHECK_FALSE(arrives(a, b));
    CHECK(arrives(b, a));
    CHECK(faults.is_cut(a, b));
    faults.heal();
    CHECK(arrives(a, b));
}

TEST_CASE("when all is healed, nothing is wrong any more", "[net]") {
    link_faults faults{1};
    faults.set(frame_loss{{500'000}});
    faults.set(frame_duplication{{500'000}});
    faults.set(frame_reordering{{500'000}});
    faults.set(frame_delay{1s, 1s});
    faults.set(link_rate{1'000});
    fates(faults, a, b);
    faults.heal();
    frame_fate const at_once{.copies = 1, .arrivals = {start}};
    CHECK(count(fates(faults, a, b, 0ns), [&](auto const& one) { return one == at_once; }) == many);
}

TEST_CASE("a link that is well again does not wait for what was slow", "[net]") {
    link_faults faults{1};
    faults.set(frame_delay{10s, 0s});
    CHECK(faults.pass(60, a, b, start).arrivals[0] == start + 10s);
    faults.set(frame_delay{1ms, 0s});
    CHECK(faults.pass(60, a, b, start).arrivals[0] == start + 1ms);
}
