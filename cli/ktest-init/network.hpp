#pragma once

#include "problem.hpp"

#include <string>
#include <vector>

namespace ktest::init {

/// Where names are looked up, in the root.
void write_resolver();

/// `lo`, and `eth0` as QEMU's user network wants it: 10.0.2.15/24, router 10.0.2.2, names by 10.0.2.3. A
/// guest without a network card goes without.
void bring_up_network();

/// eth1, eth2, ... for what the test runs between its nodes: each gets its entry of `networks`
/// (`10.77.1.2/24 fd77:0:0:1::2/64 1500`).
auto join_networks(std::vector<std::string> const& networks) -> problem;

/// Takes IPv6 from eth0: a router is announced there, and would get all that is meant for nodes behind
/// another.
void keep_to_own_networks();

/// Gives eth0 another address, `DE:AD:BE:EF:01:07`; one that cannot be read changes nothing.
void set_address(std::string const& mac);

/// Puts lines at the front of /etc/hosts; whatever else it said of a name or an address in them goes.
void name_nodes(std::string const& lines);

/// Sets the hostname, and a line of /etc/hosts for it where it has none, so that looking it up asks nobody.
void name_host(std::string const& name);

} // namespace ktest::init
