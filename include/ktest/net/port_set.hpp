#pragma once

#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>

namespace ktest {

/// Sockets that a switch has: one for each node.
constexpr std::size_t most_ports = 16;

/// One socket of a switch, from 0.
struct port_number {
    std::size_t index = 0;
    friend auto operator<=>(port_number, port_number) = default;
};

/// Some ports of one switch.
class port_set {
public:
    constexpr port_set() = default;
    constexpr explicit port_set(port_number one) : bits_{bit(one)} {}

    constexpr void insert(port_number port) { bits_ |= bit(port); }
    constexpr void erase(port_number port) { bits_ &= ~bit(port); }
    constexpr auto contains(port_number port) const -> bool { return (bits_ & bit(port)) != 0; }
    constexpr auto empty() const -> bool { return bits_ == 0; }
    constexpr auto size() const -> std::size_t { return static_cast<std::size_t>(std::popcount(bits_)); }

    /// Calls `visit(port_number)` for each, in their order.
    template<class Visit>
    constexpr void for_each(Visit visit) const {
        for (auto rest = bits_; rest != 0; rest &= rest - 1)
            visit(port_number{static_cast<std::size_t>(std::countr_zero(rest))});
    }

    friend constexpr auto operator&(port_set one, port_set other) -> port_set {
        one.bits_ &= other.bits_;
        return one;
    }
    friend auto operator==(port_set, port_set) -> bool = default;

private:
    static constexpr auto bit(port_number port) -> std::uint32_t { return std::uint32_t{1} << port.index; }
    std::uint32_t bits_ = 0;
};

} // namespace ktest
