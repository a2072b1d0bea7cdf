#pragma once

#include <ktest/run/event.hpp>

#include <csignal>
#include <string>

#include <sys/wait.h>

namespace ktest {

/// Of QEMU's complaint the first line, behind `: `; empty where there is none.
inline auto complaint_line(machine_gone const& gone) -> std::string {
    auto const line = gone.complaint.substr(0, gone.complaint.find('\n'));
    return line.empty() ? line : ": " + line;
}

/// How a QEMU ended that nobody had asked to, in a phrase.
inline auto describe(machine_gone const& gone) -> std::string {
    auto const killer = WIFSIGNALED(gone.wait_status) ? WTERMSIG(gone.wait_status) : 0;
    if (killer == SIGSYS)
        return "QEMU made a system call that its sandbox denies (--no-sandbox starts it without)";
    auto how = killer != 0 ? fmt::format("QEMU was killed by signal {}", killer)
                           : fmt::format("QEMU ended with status {}", WEXITSTATUS(gone.wait_status));
    if (killer == SIGKILL) how += ", by somebody, or because the host ran out of memory (dmesg tells)";
    return gone.complaint.empty() ? how : how + ": " + gone.complaint;
}

/// What the host did not do for a guest, in a phrase.
inline auto describe(host_disk_failed const& failed) -> std::string {
    auto const what =
        fmt::format("the guest cannot {} {}", failed.reading ? "read" : "write to", failed.disk);
    return failed.full ? "the host's disk is full: " + what
                       : fmt::format("the host's disk fails: {}: {}", what, failed.reason);
}

/// It could not even begin, because the slot's port is another program's by now.
inline auto lost_its_port(machine_gone const& gone) -> bool {
    return gone.complaint.find("Could not set up host forwarding rule") != std::string::npos;
}

/// What may end a QEMU through no fault of the guest, and not the next one; empty: something else did.
/// QEMU 7.2 with several virtual CPUs under TCG flushes another CPU's TLB from the wrong thread while the
/// guest maps its devices, and now and then dies of it (mended in 8.1).
inline auto mishap_at_start(machine_gone const& gone) -> std::string {
    if (lost_its_port(gone)) return "somebody else took the slot's ssh port";
    for (auto const own : {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE})
        if (WIFSIGNALED(gone.wait_status) && WTERMSIG(gone.wait_status) == own)
            return fmt::format("QEMU itself died of signal {} while the guest booted{}", own,
                               complaint_line(gone));
    return "";
}

/// Why another guest starts in the place of one that was to wake up: restored, or just saved.
inline auto did_not_wake(bool restored, machine_gone const& gone) -> std::string {
    return fmt::format("the guest {} did not wake up{}",
                       restored ? "restored from a template" : "that was to be a template",
                       complaint_line(gone));
}

} // namespace ktest
