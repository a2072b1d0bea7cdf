#pragma once

// A /dev/kvm may open, make machines and run a little code, and yet never bring a stock kernel up: below
// another hypervisor, KVM may be there and emulate instruction by instruction. So this guest does what a
// kernel does, 64-bit code behind page tables, and enough of it that only a processor is through in time.

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

namespace ktest::detail {

/// How far a guest came, and errno there.
struct kvm_report {
    enum class stage { create_vm, memory, create_vcpu, registers, run, wrong_exit, answered } reached{};
    int number = 0;
};

#ifdef __x86_64__

constexpr std::size_t kvm_page = 4096;
constexpr std::size_t kvm_guest_size = 5 * kvm_page;
constexpr unsigned kvm_port = 0xf4;
constexpr unsigned kvm_word = 0x4b;

/// Pages 1 to 3 map the first 2 MiB to themselves (Intel SDM 3A, 4.5), page 4 is the code, page 0 its data.
inline void write_kvm_guest(std::uint8_t* memory) {
    constexpr std::uint64_t present_writable = 0x3;
    constexpr std::uint64_t large_page = 0x80;
    auto const map = [&](std::size_t page, std::uint64_t entry) {
        std::memcpy(memory + page * kvm_page, &entry, sizeof entry);
    };
    map(1, 2 * kvm_page + present_writable);
    map(2, 3 * kvm_page + present_writable);
    map(3, present_writable + large_page);
    constexpr std::array<std::uint8_t, 34> code{
        0xb9, 0x40, 0x42, 0x0f, 0x00,                               //        mov ecx, 1000000
        0x48, 0xff, 0x04, 0x25, 0x00, 0x00, 0x00, 0x00,             // again: inc qword [0]
        0xff, 0xc9,                                                 //        dec ecx
        0x75, 0xf4,                                                 //        jnz again
        0x48, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x4b, 0x00, 0x00, 0x00, //        mov rax, kvm_word << 32
        0x48, 0xc1, 0xe8, 0x20,                                     //        shr rax, 32
        0xe6, 0xf4,                                                 //        out kvm_port, al
        0xf4,                                                       //        hlt
    };
    std::memcpy(memory + 4 * kvm_page, code.data(), code.size());
}

/// Long mode with flat segments, about to execute page 4.
inline auto enter_long_mode(int cpu) -> bool {
    kvm_sregs system{};
    if (::ioctl(cpu, KVM_GET_SREGS, &system) != 0) return false;
    system.cr3 = kvm_page;
    system.cr4 = 0x20;       // PAE
    system.cr0 = 0x80000033; // PG, NE, ET, MP, PE
    system.efer = 0x500;     // LMA, LME
    kvm_segment flat{};
    flat.limit = ~0U;
    flat.present = flat.s = flat.g = 1;
    system.cs = flat;
    system.cs.selector = 0x08;
    system.cs.type = 11;
    system.cs.l = 1;
    flat.selector = 0x10;
    flat.type = 3;
    flat.db = 1;
    system.ds = system.es = system.fs = system.gs = system.ss = flat;
    kvm_regs general{};
    general.rip = 4 * kvm_page;
    general.rflags = 2;
    return ::ioctl(cpu, KVM_SET_SREGS, &system) == 0 && ::ioctl(cpu, KVM_SET_REGS, &general) == 0;
}

/// In the child, with system calls alone: what a fork of a threaded process may do.
inline auto run_kvm_guest(int device) -> kvm_report {
    using stage = kvm_report::stage;
    auto const vm = ::ioctl(device, KVM_CREATE_VM, 0);
    if (vm < 0) return {stage::create_vm, errno};
    constexpr unsigned long task_state_segment = 0xfffbd000; // processors without unrestricted guests need it
    ::ioctl(vm, KVM_SET_TSS_ADDR, task_state_segment);
    auto* const memory =
        ::mmap(nullptr, kvm_guest_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return {stage::memory, errno};
    write_kvm_guest(static_cast<std::uint8_t*>(memory));
    kvm_userspace_memory_region region{};
    region.memory_size = kvm_guest_size;
    region.userspace_addr = reinterpret_cast<std::uintptr_t>(memory);
    if (::ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) != 0) return {stage::memory, errno};
    auto const cpu = ::ioctl(vm, KVM_CREATE_VCPU, 0);
    auto const size = ::ioctl(device, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (cpu < 0 || size < 0) return {stage::create_vcpu, errno};
    auto* const shared =
        ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0);
    if (shared == MAP_FAILED) return {stage::create_vcpu, errno};
    if (!enter_long_mode(cpu)) return {stage::registers, errno};
    if (::ioctl(cpu, KVM_RUN, 0) != 0) return {stage::run, errno};
    auto const* const run = static_cast<kvm_run const*>(shared);
    auto const answered = run->exit_reason == KVM_EXIT_IO && run->io.direction == KVM_EXIT_IO_OUT
                          && run->io.port == kvm_port
                          && *(static_cast<std::uint8_t const*>(shared) + run->io.data_offset) == kvm_word;
    return {answered ? stage::answered : stage::wrong_exit, 0};
}

#else

inline auto run_kvm_guest(int) -> kvm_report { return {}; } // host_kvm::open has said no

#endif

} // namespace ktest::detail
