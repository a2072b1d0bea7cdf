#include "catch.hpp"
#include <ktest/run/processor_share.hpp>

using namespace ktest;
using namespace std::chrono_literals;

namespace {

constexpr processor_share::clock::time_point begin{};

/// So many looks, one a second, at two virtual CPUs of which the second waited so long in each.
auto looked(int seconds, std::chrono::milliseconds waited, bool stopped = false) -> processor_share {
    processor_share share;
    for (auto i = 0; i <= seconds; ++i)
        share.add(begin + i * 1s, {{i * 1s, 0s}, {i * 10ms, i * waited}}, stopped);
    return share;
}

} // namespace

TEST_CASE("a line of schedstat is read", "[processor_share]") {
    CHECK(parse_thread_time("1234 567 89\n") == thread_time{1234ns, 567ns});
    CHECK_FALSE(parse_thread_time(""));
    CHECK_FALSE(parse_thread_time("12"));
    CHECK_FALSE(parse_thread_time("x y"));
}

TEST_CASE("a virtual CPU that waited for most of the time was starved", "[processor_share]") {
    CHECK(looked(20, 990ms).starved(20s) == 20s);
    CHECK(looked(20, 800ms).starved(10s) == 8s);
    CHECK_FALSE(looked(20, 600ms).starved(20s));
    CHECK_FALSE(looked(20, 0ms).starved(20s));
    CHECK_FALSE(processor_share{}.starved(20s));
}

TEST_CASE("only the time before the report counts", "[processor_share]") {
    auto share = looked(20, 0ms);
    for (auto i = 1; i <= 10; ++i) share.add(begin + (20 + i) * 1s, {{20s, 0s}, {0s, i * 950ms}}, false);
    CHECK(share.starved(10s));
    CHECK_FALSE(share.starved(30s));
}

TEST_CASE("a machine that was stopped, or whose watcher was, could not run", "[processor_share]") {
    CHECK(looked(20, 0ms, true).starved(20s) == 20s);
    auto share = looked(5, 0ms);
    share.add(begin + 65s, {{5s, 0s}, {0s, 0s}}, false);
    CHECK(share.starved(20s) == 60s);
}

TEST_CASE("a wait that is counted in one piece, at its end, is one all the same", "[processor_share]") {
    auto share = looked(10, 0ms);
    for (auto i = 1; i <= 9; ++i) share.add(begin + (10 + i) * 1s, {{10s, 0s}, {0s, 0s}}, false);
    share.add(begin + 20s, {{10s, 0s}, {0s, 9500ms}}, false);
    CHECK(share.starved(10s) == 10s);
}

TEST_CASE("a virtual CPU that ran did not wait meanwhile, whenever its waiting is counted",
          "[processor_share]") {
    auto share = looked(10, 0ms);
    share.add(begin + 11s, {{10s, 0s}, {100ms, 30s}}, false); // of before it was looked at
    for (auto i = 1; i <= 10; ++i)
        share.add(begin + (11 + i) * 1s, {{10s, 0s}, {100ms + i * 900ms, 30s}}, false);
    CHECK_FALSE(share.starved(11s));
}
