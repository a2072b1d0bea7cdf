#pragma once

#include <ktest/descriptor.hpp>

#include <array>
#include <string>

namespace ktest::init {

/// A network card of the guest, by its name (`lo` too). What the kernel refuses is false; errno tells.
class network_card {
public:
    explicit network_card(std::string name);

    auto name() const -> std::string const& { return name_; }
    auto is_there() const -> bool;
    auto set_up() const -> bool;
    auto set_mtu(int bytes) const -> bool;
    auto set_mac(std::array<unsigned char, 6> const& bytes) const -> bool;
    /// The card's only IPv4 address, in a network of `prefix` bits.
    auto set_ipv4(char const* address, int prefix) const -> bool;
    /// What is for no network that is known goes to this router.
    auto route_all_by(char const* router) const -> bool;
    /// One more IPv6 address, which nobody else may have: it serves at once. A kernel or a card without IPv6
    /// goes without.
    auto add_ipv6(char const* address, int prefix) const -> bool;

private:
    std::string name_;
    descriptor socket_; ///< of any kind: for ioctls
};

} // namespace ktest::init
