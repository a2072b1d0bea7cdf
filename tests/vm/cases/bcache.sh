#!/bin/bash
# The bcache example passes, and fails when one byte of what it wrote is another.
. "$(dirname "$0")/../case.sh"

if ! command -v make-bcache >/dev/null && [ ! -x /usr/sbin/make-bcache ]; then
    echo "SKIPPED: make-bcache is missing (apt-get install bcache-tools)"
    exit 77
fi

run ktest run "$examples/bcache"
expect_status 0
expect_line "read back from the backing devices alone"
expect_equal "scratch disks" "[536870912, 536870912, 536870912]" "$(result_of bcache 'r["scratch_bytes"]')"

# The byte is looked for on the device itself: the first of a file's content, behind bcache's own 8 KiB.
sed '/^# The data of a backing device begins/i\
loop=$(losetup --show --find --offset 8192 "${backing[1]}")\
block=$(debugfs -R "bmap /3 0" "$loop" 2>/dev/null)\
size=$(dumpe2fs -h "$loop" 2>/dev/null | sed -n "s/^Block size: *//p")\
offset=$((8192 + block * size))\
byte=$(od -An -tu1 -j $offset -N 1 "${backing[1]}")\
losetup --detach "$loop"\
printf "\\\\x$(printf %02x $((byte ^ 1)))" | dd of="${backing[1]}" bs=1 seek=$offset conv=notrunc,fsync status=none\
echo "flipped a byte at $offset"' "$examples/bcache" >bcache-flipped
chmod +x bcache-flipped
run ktest run bcache-flipped
expect_status 1
expect_match out '^flipped a byte at [0-9]+$'
expect_match out '^TEST FAILED: line [0-9]+: sha256sum|^TEST FAILED: line [0-9]+: \( *cd'
expect_no_match out 'TEST SUCCESS'
expect_stderr '^FAILED bcache-flipped on '
