#pragma once

#include <ktest/slot/running_vm.hpp>

#include <filesystem>

namespace ktest {

/// Says in `dot_ktest` which VM was started from there last: `vm`, a link to its directory, for people, and
/// `vm.json`, a copy of its record, for other hosts that see `dot_ktest` but not the VM's directory.
inline auto link_vm(std::filesystem::path const& dot_ktest, std::filesystem::path const& vm_directory,
                    vm_record const& record) -> result<void> {
    if (auto written = write_vm_record(dot_ktest / "vm.json", record); !written) return written;
    auto const link = dot_ktest / "vm";
    auto const beside = fmt::format("{}.{}", link.string(), ::getpid());
    ::unlink(beside.c_str());
    if (::symlink(vm_directory.c_str(), beside.c_str()) != 0 || ::rename(beside.c_str(), link.c_str()) != 0) {
        auto const number = errno;
        ::unlink(beside.c_str());
        return system_failure(number, "{}", link.string());
    }
    return {};
}

/// The newest living VM that was started from `directory`; of the pools in `pools`. The links in `.ktest` are
/// not believed: a slot's directory belongs to another VM tomorrow.
inline auto vm_of_directory(std::filesystem::path const& directory, paths const& where,
                            std::vector<std::filesystem::path> const& pools) -> result<running_vm> {
    std::error_code failed;
    auto const here = std::filesystem::canonical(directory, failed);
    if (failed) return unavailable("{}: {}", directory.string(), failed.message());
    auto const last = read_vm_record(here / ".ktest" / "vm.json");
    std::optional<running_vm> newest;
    for (auto& vm : running_vms(where, pools)) {
        if (!vm.record) continue;
        if (last && *last == *vm.record) return vm;
        if (vm.record->directory == here && (!newest || newest->record->started < vm.record->started))
            newest = std::move(vm);
    }
    if (newest) return *newest;
    if (!last) return usage_error("no VM was started from {} (vm-start list shows all)", here.string());
    auto const host = this_host();
    if (last->host.name != host.name)
        return usage_error("the VM last started from {} runs on host {}, or ran there, and this is {}",
                           here.string(), last->host.name, host.name);
    return usage_error("the VM last started from {} ({}, slot {}) has ended{}", here.string(), last->test,
                       last->slot.name(),
                       last->host.boot_id != host.boot_id ? ": the host was booted since" : "");
}

/// The same for a test of several VMs, of which the one with this name is meant; empty: there must be only
/// one VM.
inline auto vm_of_directory(std::filesystem::path const& directory, paths const& where,
                            std::vector<std::filesystem::path> const& pools, std::string_view node)
    -> result<running_vm> {
    auto newest = vm_of_directory(directory, where, pools);
    auto const is_node = newest && newest->record && !newest->record->node.empty();
    if (!newest || (node.empty() && !is_node)) return newest;
    std::string names;
    for (auto& vm : running_vms(where, pools)) {
        if (!is_node || vm.owner != newest->owner || !vm.record || vm.record->node.empty()) continue;
        if (vm.record->node == node) return vm;
        names += (names.empty() ? "" : ", ") + vm.record->node;
    }
    if (!is_node) return usage_error("'{}': the VM that was started from here is no node of several", node);
    if (node.empty()) return usage_error("which node? (there are {})", names);
    return usage_error("no node '{}' runs (there are {})", node, names);
}

} // namespace ktest
