#pragma once

#include <ktest/guest/wire.hpp>
#include <ktest/paths.hpp>
#include <ktest/run/machine_request.hpp>
#include <ktest/run/ssh_key.hpp>
#include <ktest/slot/vm_link.hpp>

#include <chrono>
#include <filesystem>

#include <sys/file.h>

namespace ktest::cli {

inline auto debugger_lock(std::filesystem::path const& vm_directory) { return vm_directory / "debugger"; }

/// How others on this host find a running VM: its record, the link to it in `.ktest`, and the ssh host key.
class vm_presence {
public:
    vm_presence(paths const& where, slot const& place, machine_request const& machine)
        : directory_{place.directory}, host_key_{guest_public_key(where).value_or("")} {
        using namespace std::chrono;
        std::error_code failed;
        vm_record const record{.test = machine.name,
                               .node = machine.node,
                               .slot = place.number,
                               .host = this_host(),
                               .owner = ::getpid(),
                               .started = duration_cast<seconds>(system_clock::now().time_since_epoch()),
                               .kernel = machine.kernel.name,
                               .directory = std::filesystem::current_path(failed),
                               .symbols = machine.kernel.symbols};
        // They only serve to find the VM; a run goes on without.
        (void)write_vm_record(record_file(directory_), record);
        if (std::filesystem::is_directory(".ktest", failed) && !is_anothers(".ktest"))
            (void)link_vm(".ktest", directory_, record);
    }

    void heed(wire::from_guest const& said) const {
        if (std::holds_alternative<wire::started>(said) && !host_key_.empty()) // its sshd is there now
            (void)write_file(directory_ / "known_hosts", "ktest-guest " + host_key_, 0600);
        if (auto const* ready = std::get_if<wire::ready>(&said))
            (void)write_file(directory_ / "kernel_text", ready->kernel_offset + "\n", 0600);
        if (auto const* awake = std::get_if<wire::awake>(&said))
            heed(wire::from_guest{wire::ready{.kernel_offset = awake->kernel_offset}});
    }

    /// A debugger keeps a lock while it has the guest.
    auto is_debugged() const -> bool {
        auto const file = open_file(debugger_lock(directory_), O_RDONLY);
        return file && ::flock(file->get(), LOCK_SH | LOCK_NB) != 0;
    }

private:
    std::filesystem::path directory_;
    std::string host_key_; ///< public; empty: no ssh
};

} // namespace ktest::cli
