#!/bin/bash
# Ctrl-C in whatever stage ends the run with 130, and nothing is left of it.
. "$(dirname "$0")/../case.sh"

test=$(guest hangs)

# deps: nothing has been started but the script, and it goes too.
mkfifo deps-pids
KTEST_HANG=deps start deps ktest run "$test"
run=$pid
read -r script child <deps-pids
kill -INT "$run"
finish "$run"
expect_status 130
tail --pid="$script" -f /dev/null
tail --pid="$child" -f /dev/null

# interrupted STAGE SIGNAL: by then QEMU runs, and holds the run's files.
interrupted() {
    local qemu files
    qemu=$(qemu_of "$test")
    expect "one QEMU should run, not '$qemu'" test -d "/proc/${qemu:-none}"
    files=$(find "/proc/$qemu/fd" -lname '*(deleted)' 2>/dev/null | wc -l)
    expect "its files should have no names" test "$files" -gt 0
    kill -"$2" "$run"
    finish "$run"
    expect_status 130
    expect "QEMU should be gone" test ! -e "/proc/$qemu"
    expect_gone "$test"
    expect_match "$1/err" "^INTERRUPTED $test on "
    expect_equal verdict interrupted "$(result_of "$test" 'r["verdict"]')"
}

# boot: the virtual CPUs never start, so only QEMU itself is there to be seen.
start boot ktest run --qemu-arg -S "$test"
run=$pid
until [ -n "$(qemu_of "$test")" ]; do
    kill -0 "$run" || fail "the run should be booting"
    sleep 0.1
done
interrupted boot INT

KTEST_HANG=test start test ktest run "$test"
run=$pid
await "$run" test/out "^running"
interrupted test INT

KTEST_HANG=hold start hold ktest run "$test"
run=$pid
await "$run" hold/err "ktest stop"
interrupted hold TERM
