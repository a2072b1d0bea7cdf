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
    expect_stderr "the guest rebooted unexpectedly \(REBOOT=allow permits it\)"
    expect_line "boot 1 finds '' and ''"
    expect_no_match out "boot 2"
done

# One that reboots at every boot does so until its time is up.
KTEST_ALLOW=1 run ktest run -t 30 "$test" loop
expect_status 124
expect_stderr "^TIMED OUT $test\.loop on "
expect_line "boot 2 finds 'data of boot 1' and 'trace of boot 1'"

run ktest run "$test" poweroff
expect_status 3
expect_stderr "powered itself off"
expect_gone "$test"

# A processor that finds no handler even for the fault of a fault resets the machine; that is no reboot which a test
# may do.
command -v gdb >/dev/null || { echo "SKIPPED: no gdb"; exit 77; }
for KTEST_ALLOW in "" 1; do
    export KTEST_ALLOW
    start run ktest run "$test" faults
    await "$pid" run/out faults
    directory=$(readlink -f .ktest/vm)
    run bash -c "echo 'gdbserver unix:$directory/stub,server=on,wait=off' | ktest mon"
    # The kernel idles: lidt of an empty table, then int3, are written where it goes on.
    cat >faults.gdb <<END
target remote $directory/stub
while \$cs & 3
    stepi
end
set {long}\$rsp = 0
set {long}(\$rsp + 8) = 0
set {unsigned int}\$pc = 0x241c010f
set {unsigned char}(\$pc + 4) = 0xcc
END
    run gdb -nx -batch -x faults.gdb
    expect_status 0
    finish "$pid"
    expect_status 3
    cp run/err err
    expect_stderr "^CRASHED $test\.faults on "
    expect_stderr "in test: the guest was reset without a word of its kernel: a triple fault"
    expect_gone "$test"
done
