#!/bin/bash
# Each way in which a guest comes to a stand has its words, and leaves what it did in the run's files.
. "$(dirname "$0")/../case.sh"

test=$(guest stalls)
latest=.ktest/out/$test/latest
stall() { # SUBTEST SECONDS STDERR
    run ktest run -t "$2" "$test" "$1"
    expect_status 124
    expect_stderr "^TIMED OUT $test\.$1 on "
    expect_stderr "$3"
}

stall sleeps 3 "in test: after 3 s"
expect_no_match err "blocked in the kernel: .*(sleep|$test)" # udevd may just wait for a disk
expect_match $latest/kernel.log "sysrq: Show Blocked State"
expect_match $latest/kernel.log "sysrq: Show backtrace of all active CPUs"
expect_no_match err "sysrq: Show"

stall blocked 3 "after 3 s; blocked in the kernel: touch \(pid [0-9]+\)"
expect_match $latest/kernel.log "task:touch +state:D"

stall traced 12 "after 12 s; user space was silent for [0-9]+ s; the kernel answers; init is stopped, by who traces it"
expect_match $latest/console.log "task:init +state:t"
expect_match $latest/hang.txt "^RIP="

stall starves 12 "after 12 s; user space was silent for [0-9]+ s; the kernel answers; init would run, and is not let; CPU 0 is busy in user space"

stall floods 5 "after 5 s; the kernel floods the console"
expect_gone "$test"
