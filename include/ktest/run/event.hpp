#pragma once

#include <ktest/guest/wire.hpp>

#include <string>
#include <variant>

namespace ktest {

/// The test (or command) wrote this to its stdout or stderr.
struct output_bytes {
    std::string data;
};
/// The first serial port: what the kernel prints when it cannot be helped.
struct console_bytes {
    std::string data;
};
/// Nobody in the guest holds the output port any more; nothing more will come from this run of the test.
struct output_closed {};
/// The kernel's panic notifier spoke (pvpanic).
struct guest_panicked {};
/// The guest has rebooted and QEMU let it.
struct guest_reset {};
/// The guest stands still, or goes on: a debugger or the monitor asked for it.
struct guest_stopped {
    bool stopped = false;
};
/// The machine's state was saved, or loaded; false: that failed.
struct state_moved {
    bool whole = false;
};
/// QEMU has written the guest's memory to its file, or could not.
struct dump_completed {
    std::string failure; ///< empty: it is whole
};
/// The host could not do what the guest wanted of a disk; QEMU has stopped the guest.
struct host_disk_failed {
    std::string disk;
    bool full = false;    ///< the host's file system is
    bool reading = false; ///< or else it was written
    std::string reason;   ///< of the host's kernel
};
/// QEMU is gone: the last event of a session.
struct machine_gone {
    int wait_status = 0;
    std::string cause;     ///< QEMU's word for it: guest-reset, guest-shutdown, ...; empty where it said none
    std::string complaint; ///< what QEMU wrote on stderr
};

/// What a session tells: what the guest said (wire.hpp), and what became of the machine.
using session_event =
    std::variant<wire::from_guest, output_bytes, console_bytes, output_closed, guest_panicked, guest_reset,
                 guest_stopped, state_moved, dump_completed, host_disk_failed, machine_gone>;

} // namespace ktest
