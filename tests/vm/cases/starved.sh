#!/bin/bash
# A stall that the guest's kernel reports because the host did not let it run is the host's.
. "$(dirname "$0")/../case.sh"

test=$(guest stalls)
starved() { # WHY: the run has ended, as one that the host starved
    expect_status 125
    expect_stderr "^UNAVAILABLE $test\.watched on .*the host did not let the guest run for [0-9]+ s, so $1"
    expect_gone "$test"
}

start run ktest run "$test" watched
await "$pid" run/out watched
qemu=$(qemu_of "$test")
kill -STOP "$qemu"
await "$pid" run/err "somebody has stopped QEMU"
read -rt 6 <> <(:) # longer than the guest's watchdog waits, and not so long that it is given up
kill -CONT "$qemu"
finish "$pid"
cp run/err err
starved "its kernel reported a stall: watchdog: BUG: soft lockup"

# Nobody stops it, but it gets only what others leave of a processor, and they leave nothing.
start beside ktest run -t 12 "$test" watched
await "$pid" beside/out watched
run=$pid
qemu=$(qemu_of "$test")
run chrt --all-tasks --idle --pid 0 "$qemu"
run taskset --all-tasks --cpu-list --pid 0 "$qemu"
expect_status 0
start hog taskset --cpu-list 0 sh -c 'while :; do :; done'
finish "$run"
cp beside/err err
starved "(it was silent|its kernel reported a stall)"
