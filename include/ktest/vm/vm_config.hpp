#pragma once

#include <ktest/spec/bytes.hpp>
#include <ktest/vm/accelerator.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ktest {

/// A file that QEMU inherits open: its numbers in QEMU's process. QEMU opens a disk's file twice, once for
/// reading only, and a descriptor cannot change its mode, so a writable disk comes as two.
struct inherited_file {
    int read_only = -1;
    int read_write = -1; ///< -1 for a disk that is never written
    friend auto operator==(inherited_file const&, inherited_file const&) -> bool = default;
};
using file_source = std::variant<inherited_file, std::filesystem::path>;

/// One end of a socket pair that QEMU inherits, by its number there.
struct inherited_socket {
    int number = -1;
    friend auto operator==(inherited_socket const&, inherited_socket const&) -> bool = default;
};
/// QEMU's own stdin and stdout.
struct standard_streams {
    friend auto operator==(standard_streams const&, standard_streams const&) -> bool = default;
};
/// A socket that QEMU inherits, the path of one on which it listens, or its terminal.
using socket_source = std::variant<inherited_socket, std::filesystem::path, standard_streams>;

struct disk {
    std::string serial;
    file_source file;
    std::optional<file_source> overlay; ///< a qcow2 that takes the writes; `file` is then only read
    std::optional<file_source> between; ///< a qcow2 over `file` and below `overlay`: writes of long ago
    bool writable = true;
    bool kept = false; ///< outlives the VM, so a flush by the guest must reach the host's disk
    friend auto operator==(disk const&, disk const&) -> bool = default;
};

/// QEMU's user network, with the guest's sshd on a port of the host's loopback.
struct user_network {
    unsigned ssh_port = 0;
    bool open = false; ///< the guest may reach the host and the world
    friend auto operator==(user_network const&, user_network const&) -> bool = default;
};
/// A port of a vde switch that is running.
struct vde_network {
    std::filesystem::path switch_socket;
    friend auto operator==(vde_network const&, vde_network const&) -> bool = default;
};

/// A card of the test's own networks, with its end of the cable; none: it is plugged into nothing.
struct test_card {
    std::string mac;
    std::optional<inherited_socket> cable;
    friend auto operator==(test_card const&, test_card const&) -> bool = default;
};

/// The guest's memory as a file, by its number in QEMU's process.
struct memory_file {
    int number = -1;
    bool shared = false; ///< what the guest writes reaches the file
    friend auto operator==(memory_file const&, memory_file const&) -> bool = default;
};

/// What the VM does when the guest reboots or panics.
enum class on_reboot { end, reset };
enum class on_panic { end, pause };

/// A machine, whole: everything that QEMU's command line is made from.
struct vm_config {
    std::string name;
    bool sandboxed = true; ///< QEMU under its own seccomp filter
    accelerator acceleration{};
    bytes memory;
    std::optional<ktest::memory_file> memory_in; ///< none: QEMU's own
    bool incoming = false;                       ///< wait for a saved state instead of booting
    unsigned cpus = 1;
    std::filesystem::path kernel;
    std::filesystem::path initramfs;
    std::vector<std::string> kernel_arguments;
    std::vector<disk> disks; ///< in the order of their letters
    std::variant<user_network, vde_network> network;
    std::string mac;
    std::vector<test_card> cards; ///< eth1, eth2, ...
    socket_source qmp;
    socket_source agent;
    socket_source output;
    socket_source console;
    std::filesystem::path monitor; ///< socket for people, and for `gdb`
    std::filesystem::path kgdb;    ///< socket of the second serial port
    on_reboot reboot = on_reboot::end;
    on_panic panic = on_panic::end;
    bool vmcoreinfo = false;        ///< the device by which a kernel tells where in memory it is
    std::vector<std::string> extra; ///< QEMU arguments of the user's own
    friend auto operator==(vm_config const&, vm_config const&) -> bool = default;
};

} // namespace ktest
