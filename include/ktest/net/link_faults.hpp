#pragma once

#include <ktest/net/link_settings.hpp>
#include <ktest/net/port_set.hpp>

#include <algorithm>
#include <array>

namespace ktest {

/// What becomes of a frame on its way to one port.
struct frame_fate {
    enum class kind {
        arrives,
        lost,    ///< by the share that is lost
        cut,     ///< the two do not hear each other
        crowded, ///< too much waits for a slow link already
    };
    using time = std::chrono::steady_clock::time_point;

    kind what = kind::arrives;
    std::size_t copies = 0;
    std::array<time, 2> arrivals{}; ///< of the copies
    bool reordered = false;
    friend auto operator==(frame_fate const&, frame_fate const&) -> bool = default;
};

/// The faults of one network, told beforehand and not by chance: the seed and the count of frames from one
/// port to another since the last change decide, and no clock does. Does no I/O; `now` is the caller's clock.
class link_faults {
public:
    using time = frame_fate::time;

    /// By how much a reordered frame comes later.
    static constexpr std::chrono::milliseconds held_up{5};
    /// What may wait for a slow link, as in a network card: in bytes, but one frame may always.
    static constexpr std::uint64_t longest_queue = 256U << 10U;

    explicit link_faults(std::uint64_t seed, std::uint64_t network = 0) : seed_{seed}, network_{network} {
        begin_anew();
    }

    void set(frame_loss loss) { change(loss_, loss); }
    void set(frame_duplication duplication) { change(duplication_, duplication); }
    void set(frame_reordering reordering) { change(reordering_, reordering); }
    void set(frame_delay delay) { change(delay_, delay); }
    void set(link_rate rate) { change(rate_, rate); }

    void cut(port_number from, port_number to, cut_direction which = cut_direction::both) {
        ways_[from.index][to.index].cut = true;
        if (which == cut_direction::both) ways_[to.index][from.index].cut = true;
        begin_anew();
    }
    /// The two hear each other again.
    void heal(port_number one, port_number other) {
        ways_[one.index][other.index].cut = false;
        ways_[other.index][one.index].cut = false;
        begin_anew();
    }
    /// Nothing is wrong any more.
    void heal() {
        loss_ = {};
        duplication_ = {};
        reordering_ = {};
        delay_ = {};
        rate_ = {};
        for (auto& row : ways_)
            for (auto& one : row) one.cut = false;
        begin_anew();
    }

    auto is_cut(port_number from, port_number to) const -> bool { return ways_[from.index][to.index].cut; }

    /// When a frame of so many bytes arrives that came to the switch now. To be asked once a frame and port,
    /// in the order of the frames.
    auto pass(std::size_t size, port_number from, port_number to, time now) -> frame_fate {
        auto& way = ways_[from.index][to.index];
        if (way.cut) return {.what = frame_fate::kind::cut};
        if (harmless_) return {.copies = 1, .arrivals = {now}};
        // As many numbers for each frame, whatever becomes of it: a share that changes moves no other.
        auto const lost = way.numbers.happens(loss_.share);
        auto const twice = way.numbers.happens(duplication_.share);
        auto const reordered = way.numbers.happens(reordering_.share);
        auto const jitter = std::chrono::nanoseconds{
            way.numbers.up_to(2 * static_cast<std::uint64_t>(delay_.jitter.count()))};
        if (lost) return {.what = frame_fate::kind::lost};
        if (is_crowded(to, now)) return {.what = frame_fate::kind::crowded};

        frame_fate fate{.copies = twice ? std::size_t{2} : std::size_t{1}, .reordered = reordered};
        for (std::size_t copy = 0; copy < fate.copies; ++copy) {
            auto const arrival = leave_link(size, to, now) + delay_.mean - delay_.jitter + jitter;
            if (!reordered) way.last = std::max(way.last, arrival);
            fate.arrivals[copy] = reordered ? arrival + held_up : way.last;
        }
        return fate;
    }

private:
    struct one_way {
        random_stream numbers;
        time last = time::min(); ///< the latest arrival yet, which nothing overtakes
        bool cut = false;
    };

    template<class Setting>
    void change(Setting& old, Setting fresh) {
        old = fresh;
        begin_anew();
    }

    /// What happened before a change, as ARP's frames while the guests booted, has no say in what follows.
    void begin_anew() {
        ++changes_;
        for (std::size_t from = 0; from < most_ports; ++from)
            for (std::size_t to = 0; to < most_ports; ++to) {
                ways_[from][to].numbers = random_stream{seed_, network_, changes_, from, to};
                ways_[from][to].last = time::min();
            }
        idle_from_.fill(time::min());
        harmless_ = loss_ == frame_loss{} && duplication_ == frame_duplication{}
                    && reordering_ == frame_reordering{} && delay_ == frame_delay{} && rate_ == link_rate{};
    }

    auto is_crowded(port_number to, time now) const -> bool {
        auto const idle_from = idle_from_[to.index];
        return rate_.bits_per_second != 0 && idle_from > now
               && idle_from - now >= transmission(longest_queue);
    }

    /// The link to a port carries one frame after the other.
    auto leave_link(std::size_t size, port_number to, time now) -> time {
        if (rate_.bits_per_second == 0) return now;
        auto& idle_from = idle_from_[to.index];
        idle_from = std::max(idle_from, now) + transmission(size);
        return idle_from;
    }
    auto transmission(std::uint64_t size) const -> std::chrono::nanoseconds {
        return std::chrono::nanoseconds{size * 8 * 1'000'000'000 / rate_.bits_per_second};
    }

    std::uint64_t seed_, network_, changes_ = 0;
    frame_loss loss_;
    frame_duplication duplication_;
    frame_reordering reordering_;
    frame_delay delay_;
    link_rate rate_;
    bool harmless_ = true;
    std::array<std::array<one_way, most_ports>, most_ports> ways_{};
    std::array<time, most_ports> idle_from_{}; ///< when the link to each port has nothing left to carry
};

} // namespace ktest
