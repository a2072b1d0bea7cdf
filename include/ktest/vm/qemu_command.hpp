#pragma once

#include <ktest/vm/machine.hpp>
#include <ktest/vm/qemu_sandbox.hpp>
#include <ktest/vm/vm_config.hpp>

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <range/v3/view/enumerate.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace ktest {

/// The name by which QEMU knows a disk, for commands to it.
inline auto disk_node(std::string_view serial) -> std::string { return fmt::format("{}-disk", serial); }

/// The name by which QEMU knows a card of the test's own networks, for commands to it.
inline auto card_name(std::size_t index) -> std::string { return fmt::format("card{}", index); }

namespace detail {

/// A value inside a QEMU option list: a comma in it is written twice.
inline auto option_value(std::string_view text) -> std::string {
    std::string escaped;
    for (auto const letter : text) escaped.append(letter == ',' ? 2 : 1, letter);
    return escaped;
}

/// Gathers the arguments; descriptor sets are numbered as they come.
class qemu_arguments {
public:
    template<class... Args>
    void add(std::string_view option, fmt::format_string<Args...> text, Args&&... args) {
        list.emplace_back(option);
        list.push_back(fmt::format(text, std::forward<Args>(args)...));
    }
    void flag(std::string_view option) { list.emplace_back(option); }

    void socket(std::string_view id, socket_source const& source) {
        if (auto const* inherited = std::get_if<inherited_socket>(&source))
            add("-chardev", "socket,id={},fd={}", id, inherited->number);
        else if (std::holds_alternative<standard_streams>(source))
            add("-chardev", "stdio,id={},signal=on", id);
        else
            add("-chardev", "socket,id={},path={},server=on,wait=off", id,
                option_value(std::get<std::filesystem::path>(source).string()));
    }

    /// The name under which QEMU opens a file.
    auto file_name(file_source const& source) -> std::string {
        auto const* inherited = std::get_if<inherited_file>(&source);
        if (inherited == nullptr) return option_value(std::get<std::filesystem::path>(source).string());
        ++sets_;
        for (auto const number : {inherited->read_write, inherited->read_only})
            if (number >= 0) add("-add-fd", "fd={},set={}", number, sets_);
        return fmt::format("/dev/fdset/{}", sets_);
    }

    std::vector<std::string> list;

private:
    int sets_ = 0;
};

/// Disks lie on the functions of PCI devices, for one q35 has fewer device numbers than a test may have
/// disks; the guest finds them in this order, and so gives them their letters.
inline void add_disk(qemu_arguments& qemu, disk const& what, std::size_t index) {
    constexpr std::size_t first_device = 8;
    auto const node = disk_node(what.serial);
    std::string_view const cache = what.kept ? "" : ",cache.no-flush=on";
    auto const read_only = !what.writable || what.overlay;
    // The two descriptors of one file would fight over QEMU's own lock; whoever needs a lock took it already.
    auto file = fmt::format(
        "driver=raw,node-name={},read-only={},discard=unmap,file.driver=file,file.locking=off,"
        "file.discard=unmap,file.filename={}{}",
        what.overlay ? node + "-base" : node, read_only ? "on" : "off", qemu.file_name(what.file), cache);
    qemu.add("-blockdev", "{}", file);
    auto const add_layer = [&](std::string const& name, std::string const& below, file_source const& layer,
                               std::string_view mode) {
        qemu.add(
            "-blockdev",
            "driver=qcow2,node-name={},backing={}{},file.driver=file,file.locking=off,file.filename={}{}",
            name, below, mode, qemu.file_name(layer), cache);
    };
    auto below = node + "-base";
    if (what.between)
        add_layer(node + "-between", std::exchange(below, node + "-between"), *what.between, ",read-only=on");
    if (what.overlay) add_layer(node, below, *what.overlay, "");
    qemu.add(
        "-device",
        "virtio-blk-pci,drive={},serial={},addr={:x}.{:x},multifunction=on,disable-legacy=on,rerror=stop{}",
        node, what.serial, first_device + index / 8, index % 8,
        read_only && !what.overlay ? "" : ",werror=stop");
}

inline void add_network(qemu_arguments& qemu, vm_config const& vm) {
    if (auto const* vde = std::get_if<vde_network>(&vm.network)) {
        qemu.add("-netdev", "vde,id=net,sock={}", option_value(vde->switch_socket.string()));
    } else {
        auto const& user = std::get<user_network>(vm.network);
        qemu.add("-netdev", "user,id=net,restrict={},hostfwd=tcp:127.0.0.1:{}-:22", user.open ? "off" : "on",
                 user.ssh_port);
    }
    qemu.add("-device", "virtio-net-pci,netdev=net,mac={},romfile=,disable-legacy=on,addr=3", vm.mac);
}

inline void add_card(qemu_arguments& qemu, test_card const& card, std::size_t index) {
    if (card.cable)
        qemu.add("-netdev", "dgram,id=lan{},local.type=fd,local.str={}", index, card.cable->number);
    else
        qemu.add("-netdev", "hubport,id=lan{0},hubid={0}", index);
    qemu.add(
        "-device",
        "virtio-net-pci,id={},netdev=lan{},mac={},romfile=,disable-legacy=on,addr=6.{:x},multifunction=on",
        card_name(index), index, card.mac, index);
}

} // namespace detail

/// The most disks that fit: 23 PCI devices of 8 functions each.
constexpr std::size_t disk_limit = 184;

/// QEMU's argument vector, the program first.
template<machine Machine>
auto qemu_command(vm_config const& vm) -> std::vector<std::string> {
    detail::qemu_arguments qemu;
    qemu.flag(Machine::program);
    qemu.flag("-nodefaults");
    qemu.flag("-no-user-config");
    qemu.add("-name", "{}", detail::option_value(vm.name));
    if (vm.sandboxed) qemu.add("-sandbox", "{}", qemu_sandbox);
    qemu.add("-machine", "{},accel={},usb=off,sata=off,smbus=off,vmport=off{}", Machine::type,
             vm.acceleration == accelerator::kvm ? "kvm" : "tcg",
             vm.memory_in ? ",memory-backend=memory" : "");
    qemu.add("-cpu", "{}", Machine::cpu(vm.acceleration));
    qemu.add("-smp", "{}", vm.cpus);
    qemu.add("-m", "{}B", vm.memory.count);
    if (vm.memory_in)
        qemu.add("-object", "memory-backend-file,id=memory,size={}B,mem-path=/proc/self/fd/{},share={}",
                 vm.memory.count, vm.memory_in->number, vm.memory_in->shared ? "on" : "off");
    if (vm.incoming) qemu.add("-incoming", "defer");
    qemu.add("-display", "none");
    qemu.add("-action", "reboot={},panic={}", vm.reboot == on_reboot::end ? "shutdown" : "reset",
             vm.panic == on_panic::end ? "none" : "pause");
    qemu.add("-kernel", "{}", vm.kernel.string());
    qemu.add("-initrd", "{}", vm.initramfs.string());
    qemu.add("-append", "{}", fmt::join(vm.kernel_arguments, " "));

    qemu.socket("qmp", vm.qmp);
    qemu.add("-mon", "chardev=qmp,mode=control");
    qemu.socket("monitor", vm.monitor);
    qemu.add("-mon", "chardev=monitor,mode=readline");
    qemu.socket("console", vm.console);
    qemu.add("-serial", "chardev:console");
    qemu.socket("kgdb", vm.kgdb);
    qemu.add("-serial", "chardev:kgdb");

    qemu.add("-device", "virtio-serial-pci,id=ports,max_ports=4,disable-legacy=on,addr=2");
    qemu.socket("agent", vm.agent);
    qemu.add("-device", "virtserialport,bus=ports.0,nr=1,chardev=agent,id=agent-port,name=ktest.agent");
    qemu.socket("output", vm.output);
    qemu.add("-device", "virtserialport,bus=ports.0,nr=2,chardev=output,id=output-port,name=ktest.output");
    detail::add_network(qemu, vm);
    for (auto const& [i, card] : vm.cards | ranges::views::enumerate) detail::add_card(qemu, card, i);
    qemu.add("-device", "virtio-rng-pci,disable-legacy=on,addr=4");
    qemu.add("-device", "pvpanic-pci,addr=5");
    if (vm.vmcoreinfo) qemu.add("-device", "vmcoreinfo");
    for (auto const& [i, one] : vm.disks | ranges::views::enumerate) detail::add_disk(qemu, one, i);
    qemu.list.insert(qemu.list.end(), vm.extra.begin(), vm.extra.end());
    return std::move(qemu.list);
}

} // namespace ktest
