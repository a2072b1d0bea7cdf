#!/bin/bash
# What a test said just before a panic has left the guest, time after time; the run ends at once without a timeout.
rounds=${KTEST_ROUNDS:-4}
. "$(dirname "$0")/../case.sh"

test=$(guest panics)
for ((round = 0; round < rounds; ++round)); do
    run ktest run "$test"
    expect_status 3
    expect "stdout should be what the test said" cmp out - <<<$'first\nlast'
    expect "test.log should be what the test said" cmp out ".ktest/out/$test/latest/test.log"
    expect_stderr "^CRASHED $test on "
    expect_stderr "sysrq triggered crash"
    expect_match ".ktest/out/$test/latest/console.log" "Kernel panic - not syncing: sysrq triggered crash"
    expect_equal verdict crashed "$(result_of "$test" 'r["verdict"]')"
done
expect_gone "$test"
