# Small tests in which nothing goes wrong, time after time: each passes, and no kernel report is seen where there is none.
# KTEST_ROUNDS runs (10), KTEST_BESIDE at once (1).
examples=$(cd "$(dirname "$0")/../../examples" && pwd)
. "$(dirname "$0")/../sandbox.sh" || exit
need_image
rounds=${KTEST_ROUNDS:-10}
beside=${KTEST_BESIDE:-1}
unset KTEST_ROUNDS KTEST_BESIDE
cp "$examples/hello" hello

# clean_test NAME DEPS COMMAND...: a test that passes when its commands do.
clean_test() {
    local name=$1 deps=$2
    shift 2
    printf '%s\n' '#!/bin/sh' "if [ \"\$1\" = deps ]; then printf '%s\\n' $deps; exit; fi" 'set -e' "$@" \
        'echo TEST SUCCESS' >"$name"
    chmod +x "$name"
}
clean_test disks 'MEM=256M SCRATCH=64M,32M' 'for disk in $KTEST_SCRATCH; do mkfs.ext4 -q $disk; mount $disk /mnt' \
    'dd if=/dev/zero of=/mnt/file bs=1M count=8 status=none; umount /mnt; e2fsck -fp $disk; done'
clean_test modules 'MEM=256M' 'modprobe loop; modprobe dm-mod; truncate -s 8M /tmp/file' \
    'disk=$(losetup -f --show /tmp/file); echo "0 2048 linear $disk 0" | dmsetup create line; dmsetup remove line' \
    'losetup -d $disk'
clean_test output 'MEM=256M' 'head -c 768K /dev/zero | base64'
clean_test processes 'MEM=256M' 'for i in $(seq 50); do (head -c 1M /dev/zero | md5sum >/dev/null) & done; wait'
tests=(hello disks modules output processes)

# clean_run NUMBER: one run of one of the tests.
clean_run() {
    local out=$work/out/$1 test=${tests[$1 % ${#tests[@]}]}
    ktest run -t 120 -o "$out" "$test" >"$out.txt" 2>"$out.err" </dev/null \
        && grep -q "^PASSED $test on " "$out.err" \
        && grep -qE '"kernel_reports": *\[\]' "$out/$test/latest/result.json" \
        && rm -r "$out" "$out.txt"
}

mkdir out
began=$SECONDS
failed=$(side_by_side "$rounds" "$beside" clean_run)
for run in $failed; do echo "run $run: $(grep -v '^ktest: kernel ' "out/$run.err")" >&2; done
echo "$rounds clean runs, $beside at once, in $((SECONDS - began)) s: $(wc -w <<<"$failed") false alarms," \
    "$(cat out/*.err | grep -c '^PASSED .*(template ') from a template"
[ -z "$failed" ] || fail "of $rounds clean runs these did not pass: $failed"
nothing_left
