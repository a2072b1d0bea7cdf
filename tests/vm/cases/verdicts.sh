#!/bin/bash
# Every way in which a test ends by itself, and by its timeout, has its verdict and its exit status.
. "$(dirname "$0")/../case.sh"

test=$(guest ends)
verdict() { # SUBTEST STATUS STDERR: with a timeout
    run ktest run -t "${limit:-100}" "$test" "$1"
    expect_status "$2"
    expect_stderr "$3"
}

# The time counts from the test's start, not from the boot's.
limit=5 verdict sleep 124 "^TIMED OUT $test\.sleep on "
expect_line "asleep"
expect_equal "whether the test had its 5 s" True "$(result_of "$test" '5 <= r["test_seconds"] < 7')"

# What cannot change any more is told at once.
verdict status 1 "exit status 3 without TEST SUCCESS"
verdict failed 1 "one is not two"
expect_equal "whether the time had to run out" False "$(result_of "$test" 'r["test_seconds"] > 50')"
verdict late 1 "exit status 0 without TEST SUCCESS"
verdict killed 1 "killed by signal 9"
verdict eats 1 "exit status 1 without TEST SUCCESS; the kernel said: Out of memory: Kill.*tail"
verdict skip 77 "^SKIPPED $test\.skip on "
verdict skip-line 77 "no such hardware"
expect_equal "the reason" "no such hardware" "$(result_of "$test" 'r["reason"]')"
verdict background 0 "^PASSED $test\.background on "
verdict partial 0 "^PASSED $test\.partial on "
expect_gone "$test"
