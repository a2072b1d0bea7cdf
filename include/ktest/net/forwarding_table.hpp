#pragma once

#include <ktest/net/ethernet.hpp>
#include <ktest/net/port_set.hpp>

#include <optional>
#include <unordered_map>

namespace ktest {

/// Which address is behind which port, learnt from the frames that came from there. It knows nothing of
/// VLANs: a card has one address in all of them.
class forwarding_table {
public:
    /// A port that claims more has its further addresses flooded, and takes no room from the others.
    static constexpr std::size_t addresses_per_port = 1024;

    /// To which of the connected ports a frame goes that came from `from`: never back there.
    auto pass(ethernet_frame frame, port_number from, port_set connected) -> port_set {
        learn(frame.source(), from);
        auto to = connected;
        if (auto const known = find(frame.destination())) to = connected & port_set{*known};
        to.erase(from);
        return to;
    }

    /// A node that has moved is where it was last heard.
    void learn(mac_address const& mac, port_number port) {
        if (mac.is_group() || mac == mac_address{}) return; // nobody's own
        auto const found = ports_.find(mac.number());
        if (found != ports_.end() && found->second == port) return;
        if (found != ports_.end()) {
            --sizes_[found->second.index];
            ports_.erase(found);
        }
        if (sizes_[port.index] == addresses_per_port) return;
        ports_.emplace(mac.number(), port);
        ++sizes_[port.index];
    }

    /// nullopt for a group's address, and for one that nobody has sent from.
    auto find(mac_address const& mac) const -> std::optional<port_number> {
        auto const found = ports_.find(mac.number());
        if (found == ports_.end()) return std::nullopt;
        return found->second;
    }

    /// Nobody is behind this port any more.
    void forget(port_number port) {
        std::erase_if(ports_, [&](auto const& one) { return one.second == port; });
        sizes_[port.index] = 0;
    }

    auto size() const -> std::size_t { return ports_.size(); }

private:
    std::unordered_map<std::uint64_t, port_number> ports_;
    std::array<std::size_t, most_ports> sizes_{};
};

} // namespace ktest
