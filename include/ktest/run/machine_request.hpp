#pragma once

#include <ktest/guest/wire.hpp>
#include <ktest/image/node_cache.hpp>
#include <ktest/kernel/kernel.hpp>
#include <ktest/vm/machine.hpp>
#include <ktest/vm/vm_config.hpp>

#include <range/v3/view/enumerate.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ktest {

/// What a guest's start reads, on a disk of this node, and where templates of such guests lie.
struct node_copies {
    node_copy kernel, initramfs, root;
    std::optional<node_copy> modules;
    std::filesystem::path templates;
    friend auto operator==(node_copies const&, node_copies const&) -> bool = default;
};

/// What a VM is wanted for, before it has a slot, files or sockets.
struct machine_request {
    std::string name;
    std::string node; ///< which of a test's it is; empty: it is alone
    accelerator acceleration{};
    ktest::kernel kernel;
    std::filesystem::path initramfs;
    std::optional<std::filesystem::path> modules_image;
    std::filesystem::path root_image;
    std::optional<node_copies> copies; ///< of these files, for QEMU to open instead
    bool keep_root = false;            ///< what the guest writes reaches the image
    bytes memory;
    unsigned cpus = 1;
    std::vector<bytes> scratch;
    bool open_network = false;
    std::optional<std::filesystem::path> vde_switch;
    std::vector<std::string> card_macs; ///< of eth1, eth2, ..., on the test's own networks
    bool may_reboot = false;
    bool pause_on_panic = false;
    bool sandboxed = true;                   ///< QEMU under its own seccomp filter
    bool to_be_dumped = false;               ///< the kernel tells where it is, for who reads its memory
    std::vector<std::string> append;         ///< for the kernel's command line
    std::vector<std::string> qemu_arguments; ///< of the user's own
    friend auto operator==(machine_request const&, machine_request const&) -> bool = default;
};

/// The files and sockets of one VM, by descriptor or by name.
struct machine_ends {
    std::vector<file_source> scratch;
    std::optional<file_source> payload;
    std::optional<file_source> modules;
    file_source root;
    std::optional<file_source> overlay; ///< none: the root image itself is written
    std::optional<file_source> between; ///< what the guest had written to the root when it was saved
    std::optional<memory_file> memory;
    bool incoming = false;
    socket_source qmp, agent, output, console;
    std::filesystem::path monitor, kgdb;
    unsigned ssh_port = 0;
    std::string mac;
    std::vector<inherited_socket> cables; ///< of the cards; none: they are plugged into nothing
};

/// The kernel's command line: the console carries warnings and up, and all of the log after a panic. The
/// boot's check of its timer would panic where a busy host lets the guest wait. A guest that hangs is asked
/// by SysRq, and by an NMI; one that nobody expects panics where only ktest sends such: under KVM the guest
/// has performance counters, whose NMIs go astray.
inline auto kernel_arguments(std::string_view console, accelerator acceleration,
                             std::vector<std::string> const& append) -> std::vector<std::string> {
    std::vector<std::string> words{fmt::format("console={}", console),
                                   "loglevel=5",
                                   "panic=-1",
                                   "panic_print=0x20",
                                   "net.ifnames=0",
                                   "printk.time=1",
                                   "log_buf_len=4M",
                                   "random.trust_cpu=1",
                                   "no_timer_check",
                                   "sysrq_always_enabled"};
    if (acceleration == accelerator::tcg) words.emplace_back("unknown_nmi_panic");
    words.insert(words.end(), append.begin(), append.end());
    return words;
}

/// The serial of a scratch disk.
inline auto scratch_serial(std::size_t place) -> std::string { return fmt::format("scratch{}", place); }

/// The machine that a request and its files make. Scratch disks come first, for a test calls them vda, vdb,
/// ...
template<machine Machine>
auto describe_machine(machine_request const& wanted, machine_ends const& ends) -> vm_config {
    vm_config vm{.name = "ktest-" + wanted.name,
                 .sandboxed = wanted.sandboxed,
                 .acceleration = wanted.acceleration,
                 .memory = wanted.memory,
                 .memory_in = ends.memory,
                 .incoming = ends.incoming,
                 .cpus = wanted.cpus,
                 .kernel = wanted.kernel.image,
                 .initramfs = wanted.initramfs,
                 .kernel_arguments = kernel_arguments(Machine::console, wanted.acceleration, wanted.append),
                 .network = user_network{ends.ssh_port, wanted.open_network},
                 .mac = ends.mac,
                 .qmp = ends.qmp,
                 .agent = ends.agent,
                 .output = ends.output,
                 .console = ends.console,
                 .monitor = ends.monitor,
                 .kgdb = ends.kgdb,
                 .reboot = wanted.may_reboot ? on_reboot::reset : on_reboot::end,
                 .panic = wanted.pause_on_panic ? on_panic::pause : on_panic::end,
                 .vmcoreinfo = wanted.to_be_dumped,
                 .extra = wanted.qemu_arguments};
    for (auto const& [i, mac] : wanted.card_macs | ranges::views::enumerate)
        vm.cards.push_back({mac, i < ends.cables.size() ? std::optional{ends.cables[i]}
                                                        : std::optional<inherited_socket>{}});
    if (wanted.vde_switch) vm.network = vde_network{*wanted.vde_switch};
    for (auto const& [i, file] : ends.scratch | ranges::views::enumerate)
        vm.disks.push_back({.serial = scratch_serial(i), .file = file});
    if (ends.payload)
        vm.disks.push_back(
            {.serial = std::string{wire::payload_serial}, .file = *ends.payload, .writable = false});
    if (ends.modules)
        vm.disks.push_back(
            {.serial = std::string{wire::modules_serial}, .file = *ends.modules, .writable = false});
    vm.disks.push_back({.serial = std::string{wire::root_serial},
                        .file = ends.root,
                        .overlay = ends.overlay,
                        .between = ends.between,
                        .kept = wanted.keep_root});
    return vm;
}

} // namespace ktest
