#pragma once

#include <string>

namespace ktest::init {

/// Where names are looked up, in the root.
void write_resolver();

/// `lo`, and `eth0` as QEMU's user network wants it: 10.0.2.15/24, router 10.0.2.2, names by 10.0.2.3. A
/// guest without a network card goes without.
void bring_up_network();

/// Gives eth0 another address, `DE:AD:BE:EF:01:07`; one that cannot be read changes nothing.
void set_address(std::string const& mac);

/// Sets the hostname, and a line of /etc/hosts for it, so that looking it up asks nobody.
void name_host(std::string const& name);

} // namespace ktest::init
