#!/bin/bash
# A test that writes to init's channel to the host, or takes it away, never passes, and nothing waits for it.
. "$(dirname "$0")/../case.sh"

test=$(guest forges)
run ktest run -t 100 "$test" rubbish
expect_status 3
expect_stderr "^CRASHED $test\.rubbish on "
expect_stderr "in test: init: the guest's init speaks rubbish: a frame is longer than the limit"

run ktest run -t 100 "$test" long
expect_status 3
expect_stderr "in test: init: the guest's init speaks rubbish: a frame is longer than the limit"

run ktest run -t 100 "$test" closes
expect_status 3
expect_stderr "in test: init has closed its channel to the host"

run ktest run -t 100 "$test" nonce
expect_line "TEST SUCCESS"
expect_status 124
expect_stderr "in shutdown: the guest does not answer any more: user space was silent for [0-9]+ s; the kernel answers"
expect_gone "$test"
