#!/bin/bash
# More scratch disks than letters, and what is built on them.
. "$(dirname "$0")/../case.sh"

test=$(guest disks)
run ktest run "$test"
expect_status 0
expect_line "thirty disks are blank and in order"
expect_line "root and payload are other disks"
for what in md LVM dm; do
    expect_line "$what works"
done
