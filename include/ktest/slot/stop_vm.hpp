#pragma once

#include <ktest/readable.hpp>
#include <ktest/slot/running_vm.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <vector>

#include <sys/syscall.h>

namespace ktest {

struct stop_limits {
    std::chrono::milliseconds asked{10'000};  ///< for the owner to shut its VM down
    std::chrono::milliseconds killed{10'000}; ///< for the kernel to take everything away
};

namespace detail {

/// A process that is sure to hold the VM's slot, by a handle that can never come to mean another.
struct vm_process {
    lock_holder holder;
    descriptor handle;
};

inline auto send(descriptor const& process, int signal) -> bool {
    return ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

/// Who holds the VM's slot still, not counting those who have claimed it since.
inline auto vm_processes(running_vm const& vm) -> std::vector<vm_process> {
    std::vector<vm_process> found;
    auto const holds = [&](lock_holder const& held) {
        return held.file == vm.lock && (held.locker == vm.locker || held.locker == 0);
    };
    for (auto const& seen : all_locks()) {
        if (!holds(seen)) continue;
        descriptor handle{static_cast<int>(::syscall(SYS_pidfd_open, seen.pid, 0))};
        // Looked at once more: what it shows now is the handle's process, if the handle still lives after it.
        auto const locks = locks_of(seen.pid);
        auto const again = std::find_if(locks.begin(), locks.end(), holds);
        if (handle && again != locks.end() && send(handle, 0)) found.push_back({*again, std::move(handle)});
    }
    return found;
}

} // namespace detail

/// Ends a VM and returns when its slot is free: its owner is asked (SIGTERM), then who still holds it is
/// killed. Only processes of the user who claimed it are signalled, for an open lock can be handed to
/// anybody's.
inline auto stop_vm(running_vm const& vm, stop_limits limits = {}) -> result<void> {
    if (vm.user != ::geteuid() && ::geteuid() != 0)
        return unavailable("slot {}: its VM is user {}'s: only they and root can stop it", vm.slot.name(),
                           vm.user);
    if (vm.owner != vm.locker && !vm.record)
        return unavailable("slot {}: whoever claimed it has ended, but process {} holds it still: end that",
                           vm.slot.name(), vm.owner);
    auto until = deadline::clock::now() + limits.asked;
    for (auto const& [holder, handle] : detail::vm_processes(vm))
        if (holder.pid == vm.locker && holder.user == vm.user && detail::send(handle, SIGTERM))
            wait_readable({handle.get(), -1}, until);
    until = deadline::clock::now() + limits.killed;
    for (;;) {
        auto const left = detail::vm_processes(vm);
        if (left.empty()) return {};
        if (deadline::clock::now() >= until)
            return unavailable("slot {}: process {} holds it still, though its VM was killed", vm.slot.name(),
                               left[0].holder.pid);
        for (auto const& [holder, handle] : left)
            if (holder.user == vm.user) detail::send(handle, SIGKILL);
        for (auto const& process : left) wait_readable({process.handle.get(), -1}, until);
    }
}

} // namespace ktest
