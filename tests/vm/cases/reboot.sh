#!/bin/bash
# A guest that may reboot comes back with its disks; one that may not has crashed, and so has one that powers off.
. "$(dirname "$0")/../case.sh"

test=$(guest reboots)
KTEST_ALLOW=1 run ktest run "$test" sysrq
expect_status 0
expect_line "boot 1 finds '' and ''"
expect_line "boot 2 finds 'data of boot 1' and 'trace of boot 1'"
expect_line "boot 3 finds 'data of boot 2' and 'trace of boot 2'"
expect_equal boots 3 "$(result_of "$test" 'r["boots"]')"

for way in sysrq reboot; do
    run ktest run "$test" "$way"
    expect_status 3
    expect_stderr "^CRASHED $test\.$way on "
    expect_stderr "rebooted"
    expect_line "boot 1 finds '' and ''"
    expect_no_match out "boot 2"
done

run ktest run "$test" poweroff
expect_status 3
expect_stderr "powered itself off"
expect_gone "$test"
