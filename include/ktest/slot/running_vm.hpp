#pragma once

#include <ktest/paths.hpp>
#include <ktest/slot/lock_holders.hpp>
#include <ktest/slot/slot_backing.hpp>
#include <ktest/slot/vm_record.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace ktest {

/// A slot that is held, as the kernel tells it.
struct running_vm {
    slot_number slot;
    file_identity lock;
    pid_t owner = 0;                 ///< who claimed it; where that has ended, a process that still holds it
    pid_t locker = 0;                ///< as lock_holder's
    uid_t user = 0;                  ///< the owner's
    std::optional<vm_record> record; ///< of the caller's own VMs only: others' directories are closed
    friend auto operator==(running_vm const&, running_vm const&) -> bool = default;
};

namespace detail {

/// The record of the caller's own VM, if it is this VM's: slots are used again, and runtime directories can
/// outlive a boot.
inline auto own_record(paths const& where, running_vm const& vm) -> std::optional<vm_record> {
    if (vm.user != ::geteuid()) return std::nullopt;
    auto const record = read_vm_record(record_file(vm_directory(where, vm.slot)));
    if (!record || record->slot != vm.slot || record->host.boot_id != this_host().boot_id)
        return std::nullopt;
    if (record->owner != vm.locker && vm.locker != 0) return std::nullopt;
    return *record;
}

/// The VM that holds a lock file; `shown` is /proc/locks, for those whose processes are closed to the caller.
inline auto vm_with_lock(slot_number number, file_identity lock, std::vector<lock_holder> const& locks,
                         std::string_view shown) -> std::optional<running_vm> {
    auto const holds = [&](lock_holder const& held) { return held.file == lock; };
    auto const claimed = [&](lock_holder const& held) { return holds(held) && held.pid == held.locker; };
    auto holder = std::find_if(locks.begin(), locks.end(), claimed);
    if (holder == locks.end()) holder = std::find_if(locks.begin(), locks.end(), holds);
    if (holder != locks.end()) return running_vm{number, lock, holder->pid, holder->locker, holder->user, {}};
    auto const locker = locker_shown(lock, shown);
    auto const user = locker ? user_of(*locker) : std::nullopt;
    if (!user) return std::nullopt;
    return running_vm{number, lock, *locker, *locker, *user, {}};
}

} // namespace detail

/// Every held slot of the pools in `directories`, in the order of their numbers.
inline auto running_vms(paths const& where, std::vector<std::filesystem::path> const& directories)
    -> std::vector<running_vm> {
    std::vector<running_vm> running;
    auto const locks = all_locks();
    auto const shown = read_file("/proc/locks").value_or("");
    for (auto const number : slot_number::all()) {
        for (auto const& directory : directories) {
            auto const lock = identify(directory / lock_name(number));
            auto vm = lock ? detail::vm_with_lock(number, *lock, locks, shown) : std::nullopt;
            if (!vm) continue;
            vm->record = detail::own_record(where, *vm);
            running.push_back(std::move(*vm));
        }
    }
    return running;
}

} // namespace ktest
