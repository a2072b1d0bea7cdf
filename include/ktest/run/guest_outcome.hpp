#pragma once

#include <ktest/run/event.hpp>
#include <ktest/run/verdict.hpp>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>

#include <sys/wait.h>

namespace ktest {

/// What became of one VM and the test in it.
struct guest_outcome {
    verdict said;
    std::optional<int> wait_status; ///< of the test's first process
    int boots = 1;
    std::string start_again; ///< why a new QEMU may try, nothing of the test having run; empty: it may not
    std::optional<std::chrono::duration<double>> boot; ///< QEMU's start to ready; none: it never was
    std::optional<std::chrono::duration<double>> test; ///< the test's own time; none: it never began
    std::chrono::duration<double> total{};
};

namespace detail {

/// What may end a QEMU through no fault of the guest, and not the next one; empty: something else did.
/// QEMU 7.2 with several virtual CPUs under TCG flushes another CPU's TLB from the wrong thread while the
/// guest maps its devices, and now and then dies of it (mended in 8.1).
inline auto mishap_at_start(machine_gone const& gone) -> std::string {
    if (gone.complaint.find("Could not set up host forwarding rule") != std::string::npos)
        return "somebody else took the slot's ssh port";
    for (auto const own : {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE})
        if (WIFSIGNALED(gone.wait_status) && WTERMSIG(gone.wait_status) == own)
            return fmt::format("QEMU itself died of signal {} while the guest booted", own);
    return "";
}

} // namespace detail

} // namespace ktest
