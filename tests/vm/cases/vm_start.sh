#!/bin/bash
# A VM without a test: started in the background, found by its number, stopped; its image is written only with -p.
. "$(dirname "$0")/../case.sh"

mkdir things
echo "a thing" >things/thing

# begin NAME OPTIONS...: the VM's number goes to $slot, the process of vm-start to $pid.
begin() {
    start "$1" vm-start start -m 256M --id "$1.id" "${@:2}"
    await "$pid" "$1/err" "vm-start stop"
    slot=$(cat "$1.id")
}
in_vm() { run vm-start ssh "$slot" "$@"; }

begin vm -s 16M,32M -c things
vm=$pid
run vm-start list
expect_match out "^$(printf %02d "$slot") .* $vm "
in_vm 'uname -r; cat /cdrom/thing /sys/block/vdb/size; echo $KTEST_SCRATCH'
expect_status 0
expect_match out '^[0-9]+\.[0-9]+'
expect_line "a thing"
expect_line 65536
expect_line "/dev/vda /dev/vdb"
in_vm uname -s # an option there is none of vm-start's
expect_status 0
expect_line Linux
in_vm 'echo trace >/var/trace; exit 9'
expect_status 9
run vm-start stop "$slot"
expect_status 0
finish "$vm"
expect_status 130
run vm-start list --json
expect_no_match out "\"slot\": $slot,"
run vm-start stop "$slot"
expect_status 2

# An image that a VM writes is its own; nobody else has it, to write or to read.
run ktest run --dry-run "$examples/hello"
cp --sparse=always "$(sed -n 's/^image *//p' out)" image
begin persistent -p -i image
persistent=$pid
in_vm 'test ! -e /var/trace && echo "written by the first" >/var/trace'
expect_status 0
run vm-start start -p -i image
expect_status 125
expect_stderr "in use by a VM"
run ktest exec -i image -- true
expect_status 125
expect_stderr "in use by a VM"
in_vm poweroff
finish "$persistent"
expect_status 0

begin second -p -i image
second=$pid
in_vm cat /var/trace
expect_line "written by the first"
# What is not on the disk yet is written before vm-start goes.
in_vm 'echo "written by the second" >/var/trace'
run vm-start stop "$slot"
expect_status 0
finish "$second"
expect_status 0
expect "the image should be clean" /sbin/e2fsck -fn image >e2fsck.log 2>&1
expect_equal "/var/trace" "written by the second" "$(/sbin/debugfs -R 'cat /var/trace' image 2>/dev/null)"
rm image
