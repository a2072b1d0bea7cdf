#!/bin/bash
# A stall that the guest's kernel reports because the host did not let it run is the host's.
. "$(dirname "$0")/../case.sh"

test=$(guest stalls)
start run ktest run "$test" watched
await "$pid" run/out watched
qemu=$(qemu_of "$test")
kill -STOP "$qemu"
await "$pid" run/err "somebody has stopped QEMU"
read -rt 6 <> <(:) # longer than the guest's watchdog waits, and not so long that it is given up
kill -CONT "$qemu"
finish "$pid"
expect_status 125
cp run/err err
expect_stderr "^UNAVAILABLE $test\.watched on "
expect_stderr "the host did not let the guest run for [0-9]+ s, so its kernel reported a stall: watchdog: BUG: soft lockup"
expect_gone "$test"
