#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace ktest {

/// The address of a network card.
struct mac_address {
    std::array<std::uint8_t, 6> octets{};
    friend auto operator<=>(mac_address const&, mac_address const&) = default;

    /// Broadcast or multicast (IEEE 802: the lowest bit of the first octet).
    constexpr auto is_group() const -> bool { return (octets[0] & 1U) != 0; }
    /// Chosen by whoever runs the network, not by who made the card.
    constexpr auto is_local() const -> bool { return (octets[0] & 2U) != 0; }
    constexpr auto number() const -> std::uint64_t {
        std::uint64_t all = 0;
        for (auto const octet : octets) all = all << 8U | octet;
        return all;
    }
};

/// `52:54:00:77:01:02`.
inline auto to_string(mac_address const& mac) -> std::string {
    auto const& o = mac.octets;
    return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", o[0], o[1], o[2], o[3], o[4], o[5]);
}

/// Looks at the bytes of a frame, as a card sends them without their checksum; owns nothing.
class ethernet_frame {
public:
    static constexpr std::size_t header_size = 14;
    /// virtio-net's largest MTU behind a header with two VLAN tags.
    static constexpr std::size_t largest = 65'535 + header_size + 8;

    /// nullopt: too short for a header, or too long.
    static auto view(std::span<std::byte const> bytes) -> std::optional<ethernet_frame> {
        if (bytes.size() < header_size || bytes.size() > largest) return std::nullopt;
        return ethernet_frame{bytes};
    }

    auto destination() const -> mac_address { return mac_at(0); }
    auto source() const -> mac_address { return mac_at(6); }
    auto bytes() const -> std::span<std::byte const> { return bytes_; }
    auto size() const -> std::size_t { return bytes_.size(); }

private:
    explicit ethernet_frame(std::span<std::byte const> bytes) : bytes_{bytes} {}

    auto mac_at(std::size_t offset) const -> mac_address {
        mac_address mac;
        std::transform(bytes_.begin() + static_cast<std::ptrdiff_t>(offset),
                       bytes_.begin() + static_cast<std::ptrdiff_t>(offset + mac.octets.size()),
                       mac.octets.begin(), [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
        return mac;
    }

    std::span<std::byte const> bytes_;
};

} // namespace ktest
