#include "catch.hpp"
#include <ktest/run/stack_line.hpp>

using namespace ktest;

namespace {

auto parsed(std::string_view line) -> stack_line {
    INFO(line);
    auto const found = parse_stack_line(line);
    REQUIRE(found);
    return *found;
}

} // namespace

TEST_CASE("a line of a trace names a function, an offset and a size", "[symbols]") {
    auto const plain = parsed("[   12.345678]  vfs_write+0x2b4/0x4f0");
    CHECK(plain == stack_line{.function = "vfs_write", .offset = 0x2b4, .size = 0x4f0, .column = 16});
    auto const caller = parsed("[   12.345678][  T123]  ? __pfx_kthread+0x10/0x10");
    CHECK(caller.function == "__pfx_kthread");
    CHECK(caller.is_doubtful);
    CHECK_FALSE(caller.is_instruction);
    CHECK(parsed(" foo.constprop.0+0x1/0x2\r").function == "foo.constprop.0");
    CHECK(parsed("last  enabled at (5): [<ffffffff81234567>] _raw_spin_unlock+0x23/0x40").address
          == 0xffffffff81234567);
    CHECK(parsed("#0: ffff888 (&lock){+.+.}-{3:3}, at: thing_write+0x12/0x34 [thing]").module == "thing");
}

TEST_CASE("modules are named behind it, sometimes with their build id", "[symbols]") {
    CHECK(parsed(" thing_write+0x12/0x34 [my_thing]").module == "my_thing");
    auto const line = parsed(" thing_write+0x12/0x34 [thing 0123456789abcdef0123456789abcdef01234567]");
    CHECK(line.module == "thing");
    CHECK(line.build_id == "0123456789abcdef0123456789abcdef01234567");
    CHECK(parsed(" thing_write+0x12/0x34 [#1]").module.empty());
    CHECK(parsed(" thing_write+0x12/0x34 [thing").module.empty());
}

TEST_CASE("a program counter is told from where a call returns to", "[symbols]") {
    for (auto const* const line :
         {"RIP: 0010:foo+0x12/0x34", "[ 1.0] RIP: 0010:foo+0x12/0x34 [thing]", "EIP: foo+0x12/0x34",
          "IP: foo+0x12/0x34", "pc : foo+0x12/0x34", "PC is at foo+0x12/0x34", "epc : foo+0x12/0x34",
          "IP: [<ffffffff81234567>] foo+0x12/0x34", "NIP [c000000000123456] foo+0x12/0x34",
          "RIP: 0010:[<ffffffff81234567>]  [<ffffffff81234567>] foo+0x12/0x34", " foo+0x12/0x34 (P)",
          "WARNING: CPU: 0 PID: 1 at kernel/foo.c:12 foo+0x12/0x34",
          "WARNING: kernel/foo.c:12 at foo+0x12/0x34, CPU#0: it/1"}) {
        INFO(line);
        CHECK(parsed(line).is_instruction);
    }
    for (auto const* const line :
         {" foo+0x12/0x34", "lr : foo+0x12/0x34", "LR is at foo+0x12/0x34", " ra : foo+0x12/0x34",
          "BUG: KASAN: use-after-free in foo+0x12/0x34", " [<ffffffff81234567>] foo+0x12/0x34"}) {
        INFO(line);
        CHECK_FALSE(parsed(line).is_instruction);
    }
}

TEST_CASE("a kernel without kallsyms prints addresses", "[symbols]") {
    CHECK(parsed("[ 1.0]  0xffffffff81234567").address == 0xffffffff81234567);
    CHECK(parsed("[ 1.0]  ? 0xffffffff81234567").is_doubtful);
    CHECK(parsed(" [<ffffffff81234567>] ? 0xffffffff81234567").address == 0xffffffff81234567);
    CHECK(parsed("RIP: 0010:0xffffffff81234567").is_instruction);
    CHECK(parsed("RIP: 0010:0xffffffff81234567").function.empty());
}

TEST_CASE("other lines name no place", "[symbols]") {
    for (auto const* const line :
         {"", "Call Trace:", " <TASK>", "RIP: 0033:0x7f12345678",
          "RSP: 0018:ffffc90000123456 EFLAGS: 00010246", "RAX: 0000000000000000 RBX: ffffffff81234567",
          "Code: 48 89 0xff", "foo+0x/0x12", "foo+0x12/12", "+0x12/0x34", "foo+0x12", "foo+0xzz/0x12",
          "foo+0x12/0x34x", "Fault at 0xffffffff81234567", "foo+0x11111111111111111/0x2",
          "Kernel Offset: 0x1d000000 from 0xffffffff81000000 (relocation range: 0x0-0x1)"}) {
        INFO(line);
        CHECK_FALSE(parse_stack_line(line));
    }
}
