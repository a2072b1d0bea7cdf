#pragma once

#include <ktest/net/fault_command.hpp>
#include <ktest/net/link_faults.hpp>

namespace ktest {

/// The ports of a network's switch stand in the order of its nodes.
inline auto port_of(network const& net, std::string_view node) -> port_number {
    return {
        static_cast<std::size_t>(std::find(net.nodes.begin(), net.nodes.end(), node) - net.nodes.begin())};
}

namespace detail {

struct fault_application {
    link_faults& links;
    network const& net;

    template<class Setting>
    auto operator()(Setting setting) const -> bool {
        links.set(setting);
        return true;
    }
    auto operator()(cut_nodes const& cut) const -> bool {
        links.cut(port_of(net, cut.from), port_of(net, cut.to), cut.direction);
        return true;
    }
    auto operator()(heal_nodes const& heal) const -> bool {
        links.heal(port_of(net, heal.one), port_of(net, heal.other));
        return true;
    }
    auto operator()(heal_network) const -> bool {
        links.heal();
        return true;
    }
    auto operator()(set_carrier const&) const -> bool { return false; }
};

} // namespace detail

/// Has the links of the command's network suffer from it. False: a carrier is the machine's to set, not the
/// switch's.
inline auto apply(fault_command::action const& what, link_faults& links, network const& net) -> bool {
    return std::visit(detail::fault_application{links, net}, what);
}

} // namespace ktest
