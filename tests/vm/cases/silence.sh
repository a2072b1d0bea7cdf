#!/bin/bash
# A guest that spins with interrupts off ends the run without any timeout, and is asked before what it does.
. "$(dirname "$0")/../case.sh"
command -v gdb >/dev/null || { echo "SKIPPED: no gdb"; exit 77; }

test=$(guest stalls)
start run ktest run "$test" spins
await "$pid" run/out spinning
directory=$(readlink -f .ktest/vm)
run bash -c 'echo stop | ktest mon'
expect_status 0
await "$pid" run/err "the guest is paused, and so is its time"
run bash -c 'echo cont | ktest mon'
await "$pid" run/err "the guest goes on"

# No instruction of a stock kernel's turns interrupts off for ever, so one is written into it.
run bash -c "echo 'gdbserver unix:$directory/stub,server=on,wait=off' | ktest mon"
run gdb -nx -batch -ex "target remote $directory/stub" -ex 'set {unsigned short}$pc = 0xfeeb' -ex 'set $eflags = 2'
expect_status 0
finish "$pid"
expect_status 3
cp run/err err
expect_stderr "^ktest: the guest does not say anything any more"
expect_stderr "^CRASHED $test\.spins on "
expect_stderr "in test: the guest was silent for [0-9]+ s; the kernel answers an NMI alone; CPU 0 spins with interrupts off at 0x"
expect_match ".ktest/out/$test/latest/hang.txt" "^RIP=.* RFL=000000[0-9a-f]{2} .*HLT=0"
expect_match ".ktest/out/$test/latest/console.log" "Uhhuh. NMI received for unknown reason|Kernel panic - not syncing: NMI"
expect_gone "$test"
