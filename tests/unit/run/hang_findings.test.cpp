#include "catch.hpp"
#include <ktest/run/hang_findings.hpp>

using namespace ktest;

namespace {

// As QEMU 7.2 prints them, shortened.
constexpr auto two_cpus = "\r\nCPU#0\r\n"
                          "RAX=0000000000000000 RBX=0000000000000000 RCX=0000000000000000 RDX=0\r\n"
                          "RIP=ffffffff81a3f0e3 RFL=00000046 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=0\r\n"
                          "\r\nCPU#1\r\n"
                          "RIP=00007f0000001234 RFL=00000246 [---Z-P-] CPL=3 II=0 A20=1 SMM=0 HLT=0\r\n";
constexpr cpu_state idle{.number = 1, .instruction = 2, .interrupts = true, .halted = true};
constexpr cpu_state spinning{.number = 0, .instruction = 0xffffffff81a3f0e3};

} // namespace

TEST_CASE("the CPUs' states are read from what QEMU prints of their registers", "[hang_findings]") {
    CHECK(parse_cpu_states(two_cpus)
          == std::vector<cpu_state>{
              spinning,
              {.number = 1, .instruction = 0x7f0000001234, .interrupts = true, .in_user_space = true}});
    CHECK(parse_cpu_states("").empty());
    CHECK(parse_cpu_states("CPU#0\nCPU#x\nRIP=zz RFL=1\nCPU#").empty());
}

TEST_CASE("the tasks that wait in the kernel are named", "[hang_findings]") {
    hang_findings const found{.kernel = hang_findings::answer::to_sysrq,
                              .init_state = 'D',
                              .blocked = {"dd (pid 312)", "sync (pid 7)"},
                              .seconds_silent = 50};
    CHECK(describe(found)
          == "user space was silent for 50 s; the kernel answers; init is blocked in the kernel; blocked in "
             "the "
             "kernel: dd (pid 312), sync (pid 7)");
}

TEST_CASE("a guest that spins with interrupts off has its words", "[hang_findings]") {
    hang_findings found{.kernel = hang_findings::answer::to_nmi,
                        .looks = {{spinning, idle}, {spinning, idle}},
                        .seconds_silent = 50};
    CHECK(
        describe(found)
        == "the guest was silent for 50 s; the kernel answers an NMI alone; CPU 0 spins with interrupts off "
           "at 0xffffffff81a3f0e3");
    found.kernel = hang_findings::answer::none;
    found.looks = {{idle}, {idle}};
    CHECK(describe(found) == "the guest was silent for 50 s; the kernel answers neither SysRq nor an NMI");
}

TEST_CASE("a CPU that was seen doing different things does nothing that can be named", "[hang_findings]") {
    auto on = spinning;
    on.interrupts = true;
    hang_findings const found{.kernel = hang_findings::answer::to_sysrq,
                              .init_state = 't',
                              .looks = {{spinning}, {idle}, {on}},
                              .seconds_silent = 50};
    CHECK(describe(found)
          == "user space was silent for 50 s; the kernel answers; init is stopped, by who traces it");
}

TEST_CASE("a flood of the console has its words", "[hang_findings]") {
    CHECK(describe(hang_findings{.kernel = hang_findings::answer::to_sysrq,
                                 .looks = {{spinning}, {spinning, idle}},
                                 .seconds_silent = 100,
                                 .flood = 3U << 20U})
          == "user space was silent for 100 s while the kernel flooded the console, with 3 MiB; CPU 0 spins "
             "with interrupts off at 0xffffffff81a3f0e3");
}
