#include "catch.hpp"
#include <ktest/run/log_line.hpp>

using namespace ktest;

TEST_CASE("what printk, consoles and loggers put before a line is seen through", "[log_line]") {
    auto const* const prefix = GENERATE(
        "", "[    5.123456] ", "<4>[    5.123456] ", "[    5.123456][    C0] ", "[    5.123456] [   T12] ",
        "4,339,5123456,-,caller=T1;",
        // dmesg: -x, -d, -td, -T, -Td, -e and -H, --time-format=iso, also together
        "kern  :warn  : [    5.123456] ", "kern  :err   : [    5.123456][   T12] ",
        "daemon:notice: ", "[    5.123456 <    0.000010>] ", "[<    0.000010>] ",
        "[Sun Nov 29 05:30:00 2026] ", "[Sun Nov 29 05:30:00 2026 <    0.000010>] ", "[Nov29 05:30] ",
        "[  +0.000010] ", "2026-11-29T05:30:00,123456+00:00 ", "kern  :warn  : [Nov29 05:30] ",
        "kern  :warn  : [  +0.000010] ", "kern  :warn  : 2026-11-29T05:30:00,123456+00:00 ",
        // syslog, and journalctl's formats
        "Nov 29 05:30:00 host kernel: ", "Nov  9 05:30:00 host kernel: [    5.123456] ",
        "Nov 29 05:30:00 host user.warn kernel: [    5.123456] ",
        "Nov 29 05:30:00.123456 host kernel: ", "2026-11-29T05:30:00+0000 host kernel: ",
        "2026-11-29T05:30:00.123456+00:00 host.example kernel: [    5.123456] ",
        "Sun 2026-11-29 05:30:00 UTC host kernel: ", "[    5.123456] host kernel: ",
        "1764394200.123456 host kernel: ",
        // collectors of consoles' output
        "2026-11-29T05:30:00.1234567Z ", "2026-11-29T05:30:00.1234567Z [    5.123456] ",
        "build\tRun tests\t2026-11-29T05:30:00.1234567Z ", "2026-11-29T05:30:00.123456Z 01O ",
        "2026-11-29T05:30:00.123456Z 00E+[    5.123456] ", "[2026-11-29T05:30:00.123Z] ",
        "[2026-11-29 05:30:00] [    5.123456] ", "Nov 29 05:30:00 [    5.123456] ", "Nov 29 05:30:00 ",
        "console: [    5.123456] ");
    auto const* const text =
        GENERATE("BUG: unable to handle page fault for address: 10", " f+0x1/0x2", "Oops: 0002 [#1] SMP",
                 "------------[ cut here ]------------", "pc : f+0x1/0x2", "[<ffffffff8110b2a5>] f+0x1/0x2");
    auto const raw = std::string{prefix} + text;
    auto const line = parse_log_line(raw);
    INFO(raw);
    CHECK(line.text == text);
    if (*prefix != '\0') CHECK(line.prefixed);
    if (raw.find("5.123456") != std::string::npos) CHECK(line.microseconds == 5'123'456U);
}

TEST_CASE("a line's own text is no prefix", "[log_line]") {
    auto const* const text =
        GENERATE("[mem 0x0000000000000000-0x000000000009efff]", "[0] 0 1", "[<ffffffff8110b2a5>] f+0x1/0x2",
                 "[  +0.1] x", "[Nov] x", "<TASK>", "kernel: x", "kern  :loud  : x", "2026-11-29 is a day",
                 "1,2,3", "1764394200.5 x y: z", "Hardware name: QEMU", "Nov 29 is a day", "[    1.5] x",
                 "2026-13", "[Nov29 05:30", "");
    CHECK(parse_log_line(text).text == text);
}
