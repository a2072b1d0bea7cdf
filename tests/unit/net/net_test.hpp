#pragma once

#include "catch.hpp"
#include <ktest/net/l2_switch.hpp>

#include <numeric>
#include <vector>

#include <poll.h>

namespace ktest::test {

using namespace std::chrono_literals;

using frame_bytes = std::vector<std::byte>;

constexpr auto mac(unsigned node) -> mac_address {
    return {{0x52, 0x54, 0, 0, 0, static_cast<std::uint8_t>(node)}};
}
constexpr mac_address everybody{{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}};

/// A frame whose payload begins with `number`, so that frames can be told apart.
inline auto make_frame(mac_address const& to, mac_address const& from, std::uint32_t number = 0,
                       std::size_t size = 60) -> frame_bytes {
    frame_bytes bytes(size);
    std::memcpy(bytes.data(), to.octets.data(), 6);
    std::memcpy(bytes.data() + 6, from.octets.data(), 6);
    std::memcpy(bytes.data() + 14, &number, sizeof number);
    return bytes;
}

inline auto number_of(frame_bytes const& frame) -> std::uint32_t {
    std::uint32_t number = 0;
    std::memcpy(&number, frame.data() + 14, sizeof number);
    return number;
}

inline auto view(frame_bytes const& bytes) -> ethernet_frame { return *ethernet_frame::view(bytes); }

using numbers = std::vector<std::uint32_t>;

inline auto from_zero(std::uint32_t count) -> numbers {
    numbers all(count);
    std::iota(all.begin(), all.end(), 0U);
    return all;
}

inline auto with_loss(std::uint32_t millionths, std::uint64_t seed = 1) -> link_faults {
    link_faults faults{seed};
    faults.set(frame_loss{{millionths}});
    return faults;
}

inline auto is_readable(int number) -> bool {
    pollfd what{.fd = number, .events = POLLIN, .revents = 0};
    return ::poll(&what, 1, 0) == 1;
}

/// A switch with nodes at its ports, and a clock that stands.
class test_lan {
public:
    explicit test_lan(std::size_t nodes, link_faults const& faults = link_faults{1}, int type = SOCK_DGRAM)
        : lan{*l2_switch::create(faults)} {
        for (std::size_t i = 0; i < nodes; ++i) {
            auto ends = *ethernet_cable(type);
            REQUIRE(lan.plug({i}, std::move(ends[0])));
            ends_.push_back(std::move(ends[1]));
        }
    }

    /// Sends and has the switch work, so that no number of frames is too many for the socket.
    void send(std::size_t node, frame_bytes const& frame) {
        REQUIRE(::send(ends_[node].get(), frame.data(), frame.size(), MSG_DONTWAIT)
                == static_cast<ssize_t>(frame.size()));
        settle();
    }
    auto receive(std::size_t node) -> std::optional<frame_bytes> {
        frame_bytes bytes(ethernet_frame::largest + 1);
        auto const size = ::recv(ends_[node].get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (size <= 0) return std::nullopt;
        bytes.resize(static_cast<std::size_t>(size));
        settle(); // what waited for room
        return bytes;
    }
    /// The numbers of all the frames that have come to a node.
    auto numbers(std::size_t node) -> std::vector<std::uint32_t> {
        std::vector<std::uint32_t> all;
        while (auto const frame = receive(node)) all.push_back(number_of(*frame));
        return all;
    }
    /// Each node is heard once by all.
    void introduce() {
        for (std::size_t i = 0; i < ends_.size(); ++i) send(i, make_frame(everybody, mac(unsigned(i))));
        for (std::size_t i = 0; i < ends_.size(); ++i) REQUIRE(numbers(i).size() == ends_.size() - 1);
    }
    void settle() {
        while (is_readable(lan.number()) || lan.next_arrival().value_or(now + 1ns) <= now)
            if (lan.work(now); ++rounds_ > 10'000'000) FAIL("the switch does not come to rest");
    }
    void close(std::size_t node) { ends_[node].close(); }
    auto counters(std::size_t node) const -> port_counters const& { return lan.counters({node}); }

    l2_switch lan;
    l2_switch::time now{1h};

private:
    std::vector<descriptor> ends_;
    std::uint64_t rounds_ = 0;
};

} // namespace ktest::test
