#include "catch.hpp"
#include <ktest/vm/qemu_command.hpp>

#include <algorithm>

using namespace ktest;

namespace {

auto has(std::vector<std::string> const& list, std::string_view part) -> bool {
    return std::any_of(list.begin(), list.end(),
                       [&](auto const& word) { return word.find(part) != word.npos; });
}

} // namespace

TEST_CASE("a disk given by descriptors becomes a set of its two modes", "[qemu_command]") {
    vm_config vm;
    vm.disks.push_back({.serial = "scratch0", .file = inherited_file{.read_only = 5, .read_write = 6}});
    auto const list = qemu_command<x86_64>(vm);
    CHECK(has(list, "fd=6,set=1"));
    CHECK(has(list, "fd=5,set=1"));
    CHECK(has(list, "file.filename=/dev/fdset/1"));
    CHECK(has(list, "serial=scratch0,addr=8.0,multifunction=on"));
}

TEST_CASE("a comma in a path does not end the option", "[qemu_command]") {
    vm_config vm;
    vm.disks.push_back({.serial = "root", .file = std::filesystem::path{"/a,b"}});
    CHECK(has(qemu_command<x86_64>(vm), "file.filename=/a,,b"));
}

TEST_CASE("more disks than PCI devices go to functions, in order", "[qemu_command]") {
    vm_config vm;
    for (auto i = 0; i < 30; ++i)
        vm.disks.push_back({.serial = fmt::format("scratch{}", i), .file = std::filesystem::path{"/x"}});
    auto const list = qemu_command<x86_64>(vm);
    CHECK(has(list, "serial=scratch7,addr=8.7,"));
    CHECK(has(list, "serial=scratch8,addr=9.0,"));
    CHECK(has(list, "serial=scratch29,addr=b.5,"));
}

TEST_CASE("an image under an overlay is never opened for writing", "[qemu_command]") {
    vm_config vm;
    vm.disks.push_back({.serial = "root",
                        .file = std::filesystem::path{"/image"},
                        .overlay = std::filesystem::path{"/overlay"}});
    auto const list = qemu_command<x86_64>(vm);
    CHECK(has(list, "node-name=root-disk-base,read-only=on"));
    CHECK(has(list, "driver=qcow2,node-name=root-disk,backing=root-disk-base"));
}

TEST_CASE("the guest is cut off from the network unless it is opened", "[qemu_command]") {
    vm_config vm;
    vm.network = user_network{.ssh_port = 9007};
    CHECK(has(qemu_command<x86_64>(vm), "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:9007-:22"));
    vm.network = user_network{.ssh_port = 9007, .open = true};
    CHECK(has(qemu_command<x86_64>(vm), "restrict=off"));
}

TEST_CASE("a guest to be saved shares its memory's file, a restored one has it for itself",
          "[qemu_command]") {
    vm_config vm;
    vm.memory = bytes{256U << 20U};
    CHECK_FALSE(has(qemu_command<x86_64>(vm), "memory-backend"));
    CHECK_FALSE(has(qemu_command<x86_64>(vm), "-incoming"));
    vm.memory_in = memory_file{.number = 7, .shared = true};
    CHECK(has(qemu_command<x86_64>(vm),
              "memory-backend-file,id=memory,size=268435456B,mem-path=/proc/self/fd/7,share=on"));
    CHECK(has(qemu_command<x86_64>(vm), ",memory-backend=memory"));
    vm.memory_in->shared = false;
    vm.incoming = true;
    CHECK(has(qemu_command<x86_64>(vm), "mem-path=/proc/self/fd/7,share=off"));
    CHECK(has(qemu_command<x86_64>(vm), "-incoming"));
}

TEST_CASE("what a saved guest had written lies between its image and a run's writes", "[qemu_command]") {
    vm_config vm;
    vm.disks.push_back({.serial = "root",
                        .file = std::filesystem::path{"/image"},
                        .overlay = std::filesystem::path{"/overlay"},
                        .between = std::filesystem::path{"/between"}});
    auto const list = qemu_command<x86_64>(vm);
    CHECK(has(list, "node-name=root-disk-between,backing=root-disk-base,read-only=on"));
    CHECK(has(list, "node-name=root-disk,backing=root-disk-between,"));
    CHECK(has(list, "virtio-blk-pci,drive=root-disk,"));
}

TEST_CASE("QEMU is sandboxed unless it cannot be", "[qemu_command]") {
    vm_config vm;
    CHECK(has(qemu_command<x86_64>(vm), "elevateprivileges=deny,spawn=deny"));
    vm.sandboxed = false;
    CHECK_FALSE(has(qemu_command<x86_64>(vm), "-sandbox"));
}

TEST_CASE("a machine whose memory is to be read tells where its kernel lies", "[qemu_command]") {
    vm_config vm;
    CHECK_FALSE(has(qemu_command<x86_64>(vm), "vmcoreinfo"));
    vm.vmcoreinfo = true;
    CHECK(has(qemu_command<x86_64>(vm), "vmcoreinfo"));
}

TEST_CASE("cards of a test's own networks are functions of one device, in order", "[qemu_command]") {
    vm_config vm;
    vm.cards = {{"52:54:00:77:01:01", inherited_socket{12}}, {"52:54:00:77:02:01", {}}};
    auto const list = qemu_command<x86_64>(vm);
    CHECK(has(list, "dgram,id=lan0,local.type=fd,local.str=12"));
    CHECK(has(
        list,
        "id=card0,netdev=lan0,mac=52:54:00:77:01:01,romfile=,disable-legacy=on,addr=6.0,multifunction=on"));
    CHECK(has(list, "hubport,id=lan1,hubid=1"));
    CHECK(has(list, "id=card1,netdev=lan1,mac=52:54:00:77:02:01,romfile=,disable-legacy=on,addr=6.1,"));
}
