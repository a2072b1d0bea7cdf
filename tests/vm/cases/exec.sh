#!/bin/bash
# A command in a VM of its own is like one here: its streams, its status, its size of disks.
. "$(dirname "$0")/../case.sh"

# in both directions more than any pipe on the way holds, and every byte
head -c 3000000 /dev/urandom >sent
status=0
KTEST_FOO=passes OTHER_FOO=stays ktest exec -m 256M -s 16M,32M -- bash -c '
    cat
    {
        echo "foo $KTEST_FOO ${OTHER_FOO-}"
        echo "disks $KTEST_SCRATCH $(cat /sys/block/vd[ab]/size | xargs)"
        echo "arguments $#: $*"
        pwd
    } >&2
    exit 42' name "two words" '' '$HOME' <sent >out 2>err || status=$?
expect_status 42
expect "stdout should be what was sent" cmp sent out
expect_line "foo passes " err
expect_line "disks /dev/vda /dev/vdb 32768 65536" err
expect_line 'arguments 3: two words  $HOME' err
expect_line / err

run ktest exec -m 256M -- sh -c 'kill -TERM $$'
expect_status 143
run ktest exec -m 256M -- /no/such/program
expect_status 127
expect_stderr "/no/such/program"
run ktest exec
expect_status 2
run ktest shell
expect_status 2
expect_stderr "stdin is no terminal"

# A command whose reader has gone is of no use any more, and what it said stays nowhere.
ktest exec -m 256M -- yes 2>err | head -n 1 >out
expect "exec should end with 125 when nobody reads" [ "${PIPESTATUS[0]}" = 125 ]
expect "stdout should be one line" [ "$(cat out)" = y ]
expect_stderr "stdout: Broken pipe"
