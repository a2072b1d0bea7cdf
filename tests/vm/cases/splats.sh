#!/bin/bash
# A report of the kernel fails a test whatever the test says, unless the test has said that it may or must come.
. "$(dirname "$0")/../case.sh"
test=$(guest splats)

judged() { # STATUS STDERR OPTION... SUBTEST
    run ktest run -t 60 "${@:3:$#-3}" "$test" "${*: -1}"
    expect_status "$1"
    expect_stderr "$2"
}

judged 0 "^PASSED $test" clean
expect_equal "reports" "[]" "$(result_of "$test" 'r["kernel_reports"]')"
judged 1 "^FAILED $test.*: splat: WARNING.*bch_btree_set_root" warns
expect_equal "the guilty function" bch_btree_set_root "$(result_of "$test" 'r["kernel_reports"][0]["guilty_function"]')"
expect_line "TEST SUCCESS"
judged 1 "^FAILED $test.*: splat: .*; exit status 3 without TEST SUCCESS" warns_fails
judged 0 "^PASSED $test" userspace
judged 0 "^PASSED $test" --splat report warns
expect_equal "excused" True "$(result_of "$test" 'r["kernel_reports"][0]["excused"]')"
judged 1 "^FAILED $test.*: splat: the kernel's taint grew by 512 without a report" taints
judged 1 "^FAILED $test.*: splat: the kernel's taint grew by 512 without a report" taints_skips
judged 0 "^PASSED $test" --splat report taints

export KTEST_SPLAT_RULE='allow:bch_btree_.*'
judged 1 "^FAILED $test.*: splat: the kernel's taint grew by 512 without a report" taints
judged 0 "^PASSED $test" warns
KTEST_SPLAT_RULE='allow:xfs_.*'
judged 1 "^FAILED $test.*: splat: " warns
KTEST_SPLAT_RULE='expect:bch_btree_set_root'
judged 0 "^PASSED $test" warns
judged 1 "^FAILED $test.*: the kernel did not report 'bch_btree_set_root', as SPLAT expects" clean
KTEST_SPLAT_RULE='allow:('
judged 2 "$test:deps:[0-9]+: SPLAT: '\(' is not a regular expression" clean
expect_gone "$test"
