// How many frames of 1,500 bytes a switch passes from one socketpair to another in a second of one core,
// beside two socketpairs and nothing between them that thinks. Sender and receiver are in the same thread, so
// that their share is in both figures.

#include "give_up.hpp"
#include <ktest/run/switch_loop.hpp>

#include <cstring>
#include <ctime>
#include <optional>

namespace {

using namespace ktest;

constexpr std::size_t frame_size = 1514, burst = 64, bursts = 10'000, rounds = 5;

auto processor_seconds() -> double {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

template<class T>
auto must(result<T> value) -> T {
    if (!value) bench::give_up(value.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*value);
}

/// A node at the end of a cable, which sends and takes bursts.
class node {
public:
    node(descriptor end, mac_address own, mac_address peer) : end_{std::move(end)} {
        for (auto& frame : frames_) {
            std::memcpy(frame.data(), peer.octets.data(), 6);
            std::memcpy(frame.data() + 6, own.octets.data(), 6);
        }
        for (std::size_t i = 0; i < burst; ++i) places_[i] = {frames_[i].data(), frame_size};
    }

    void send(std::size_t count) {
        if (send_frames(end_.get(), {places_.data(), count}).failure != 0)
            bench::give_up("a burst is too long");
    }
    auto receive() -> std::size_t {
        auto const count = batch_.receive(end_.get());
        return count > 0 ? static_cast<std::size_t>(count) : 0;
    }

private:
    descriptor end_;
    std::array<std::array<std::byte, frame_size>, burst> frames_{};
    std::array<iovec, burst> places_{};
    frame_batch batch_;
};

constexpr mac_address here{{2, 0, 0, 0, 0, 1}};
constexpr mac_address there{{2, 0, 0, 0, 0, 2}};

/// Frames a second with the work of both nodes, and without.
struct speed {
    double all = 0, between = 0;
};

template<class Between>
auto measure(node& sender, node& receiver, Between between) -> speed {
    auto inside = 0.0;
    auto const begun = processor_seconds();
    for (std::size_t i = 0; i < bursts; ++i) {
        sender.send(burst);
        for (std::size_t got = 0; got < burst; got += receiver.receive()) {
            auto const before = processor_seconds();
            between();
            inside += processor_seconds() - before;
        }
    }
    auto const frames = static_cast<double>(burst * bursts);
    return {frames / (processor_seconds() - begun), frames / inside};
}

auto through_switch(std::optional<frame_delay> delay) -> speed {
    auto one = must(ethernet_cable());
    auto other = must(ethernet_cable());
    link_faults faults{1};
    if (delay) faults.set(*delay);
    auto lan = must(l2_switch::create(faults));
    must(lan.plug({0}, std::move(one[0])));
    must(lan.plug({1}, std::move(other[0])));
    boost::asio::io_context loop{1};
    switch_loop const running{loop, lan};
    node sender{std::move(one[1]), here, there};
    node receiver{std::move(other[1]), there, here};
    receiver.send(1); // so that it is known where it is
    while (sender.receive() == 0) loop.poll();
    return measure(sender, receiver, [&] { loop.poll(); });
}

auto through_cables() -> speed {
    auto one = must(ethernet_cable());
    auto other = must(ethernet_cable());
    node sender{std::move(one[1]), here, there};
    node middle{std::move(one[0]), there, here};
    node middle_too{std::move(other[0]), here, there};
    node receiver{std::move(other[1]), there, here};
    return measure(sender, receiver, [&] { middle_too.send(middle.receive()); });
}

template<class Measure>
auto best(Measure measure_once) -> speed {
    speed most;
    for (std::size_t i = 0; i < rounds; ++i) {
        auto const one = measure_once();
        most = {std::max(most.all, one.all), std::max(most.between, one.between)};
    }
    return most;
}

} // namespace

auto main() -> int {
    auto const cables = best(through_cables);
    auto const print = [&](char const* what, speed reached) {
        fmt::print("{:<34} {:8.0f} frames/s, {:3.0f} %; without the nodes' share {:8.0f} ({:.1f} Gbit/s)\n",
                   what, reached.all, reached.all / cables.all * 100, reached.between,
                   reached.between * frame_size * 8 / 1e9);
    };
    print("two socketpairs", cables);
    print("the switch between them", best([] { return through_switch(std::nullopt); }));
    print("the switch, with a delay of 1 us", best([] {
              return through_switch(frame_delay{std::chrono::microseconds{1}, {}});
          }));
}
