#!/bin/bash
# A VM whose test has failed stays, and one gets in from another terminal, until it is stopped.
. "$(dirname "$0")/../case.sh"

test=$(guest stays)
start first ktest run "$test"
first=$pid
await "$first" first/err "ktest stop"
expect_match first/err "exit status 1 without TEST SUCCESS"

run ktest ssh -- uname -r
expect_status 0
expect_match out '^[0-9]+\.[0-9]+'
run ktest ssh -- "cat /cdrom/$test; exit 5"
expect_status 5
expect "the test should be in /cdrom" cmp out "$test"

run bash -c 'echo info status | ktest mon'
expect_status 0
expect_match out "VM status: running"

run vm-start list
expect_status 0
expect_match out " $test .* $first "
run ktest stop
expect_status 0
finish "$first"
expect_status 130
expect_match first/err "^INTERRUPTED $test on "
expect_equal stdout "only one" "$(cat first/out)"
expect_gone "$test"

run ktest stop
expect_status 2

# Two runs in one directory: each has files of its own, and words go to the newest that is alive.
start first ktest run "$test"
first=$pid
await "$first" first/err "ktest stop"
start second ktest run "$(guest ends)" status
second=$pid
await "$second" second/err "ktest stop"
run vm-start list --json
slot=$(python3 -c 'import json, sys
print(*[vm["slot"] for vm in json.load(sys.stdin) if vm["test"] == sys.argv[1]])' "$test" <out)
run vm-start ssh "$slot" ls "/cdrom/$test"
expect_status 0
run ktest ssh -- ls "/cdrom/ends-$$"
expect_status 0
run ktest stop
finish "$second"
expect_status 130
run ktest ssh -- ls "/cdrom/$test"
expect_status 0
run vm-start stop "$slot"
expect_status 0
finish "$first"
expect_status 130
expect_gone "$test"
expect_gone "ends-$$"
