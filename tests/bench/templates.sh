#!/bin/bash
# What templates save: a first run, the run that makes a template, cold and warm runs, a suite of trivial cases, and the
# memory of guests side by side. KTEST: the ktest to measure. KTEST_ROUNDS runs of each kind (10).
. "$(dirname "$0")/../sandbox.sh" || exit
need_image
rounds=${KTEST_ROUNDS:-10}
unset KTEST_ROUNDS
hello=$(cd "$OLDPWD" && readlink -f "$(dirname "$0")/../../examples/hello")

milliseconds() {
    local begun=${EPOCHREALTIME/./}
    "$@" >"$sandbox/out" 2>"$sandbox/err" </dev/null || fail "$* ended with $?"
    echo $(((${EPOCHREALTIME/./} - begun) / 1000))
}
median() { sort -n | sed -n "$(((rounds + 1) / 2))p"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

echo "load before: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) CPUs"
milliseconds ktest run --cold "$hello" >/dev/null # caches
: >cold.times >first.times >making.times >warm.times
for ((i = 0; i < rounds; ++i)); do
    [ $i -ge 3 ] || {
        rm -rf "$home/.ktest/templates"
        milliseconds ktest run "$hello" >>first.times
        milliseconds ktest run "$hello" >>making.times
    }
    milliseconds ktest run --cold "$hello" >>cold.times
    milliseconds ktest run "$hello" >>warm.times
    grep -q '(template ' "$sandbox/err" || fail "not from a template"
done
cold=$(median <cold.times)
warm=$(median <warm.times)
rounds=3
first=$(median <first.times)
making=$(median <making.times)
echo "cold $cold ms, warm $warm ms: ratio $(ratio "$warm" "$cold")"
echo "first run $first ms ($((first - cold)) more than cold), the one that makes $making ms ($((making - cold)) more)"

mkdir suite
for i in $(seq 40); do echo "add_test(case$i \"$KTEST\" run -o \"$work/suite/out/$i\" \"$hello\")"; done >suite/CTestTestfile.cmake
suite() { env "${variables[@]}" "$@" ctest --test-dir suite -j 2; }
suite_cold=$(milliseconds suite KTEST_COLD=1)
suite_warm=$(milliseconds suite)
echo "40 cases under ctest -j2: cold $suite_cold ms, warm $suite_warm ms: $(ratio "$suite_cold" "$suite_warm") times as fast"

# memory OPTION...: KiB of PSS of 8 QEMUs at once, each of a guest of 512M that waits.
printf '%s\n' '#!/bin/sh' 'if [ "$1" = deps ]; then echo MEM=512M; echo CPUS=1; exit; fi' 'echo here; sleep 1000' >waits
chmod +x waits
memory() {
    local i pid qemus sum=0
    for i in 1 2 3 4 5 6 7 8; do
        env "${variables[@]}" "$KTEST" run "$@" -o "$work/memory/$i" waits >"$work/$i.out" 2>/dev/null </dev/null &
    done
    for i in 1 2 3 4 5 6 7 8; do eventually 300 grep -q here "$work/$i.out" || fail "no guest $i"; done
    for pid in $(left_processes); do
        grep -q qemu "/proc/$pid/comm" && sum=$((sum + $(sed -n 's/^Pss: *\([0-9]*\) kB/\1/p' "/proc/$pid/smaps_rollup")))
    done
    for pid in $(jobs -p); do kill -INT "$pid"; done
    wait
    rm -f "$work"/*.out
    echo $sum
}
for i in 1 2; do
    printf '%s\n' '#!/bin/sh' 'if [ "$1" = deps ]; then echo MEM=512M; echo CPUS=1; exit; fi' 'echo TEST SUCCESS' >passes
    chmod +x passes
    milliseconds ktest run passes >/dev/null
done
pss_cold=$(memory --cold)
pss_warm=$(memory)
echo "PSS of 8 guests of 512M: cold $((pss_cold / 1024)) MiB, warm $((pss_warm / 1024)) MiB: ratio $(ratio "$pss_warm" "$pss_cold")"
# work OPTION...: milliseconds that the test itself takes for a compile, and for writing and reading a disk.
compiler=$(gcc -print-prog-name=cc1)
if [ -x "$compiler" ]; then
    ln -s "$compiler" cc1
    printf '#include <stdio.h>\n#include <stdlib.h>\n#include <math.h>\nint main(void) { return puts("") < 0; }\n' | gcc -E - -o big.i
    cat >works <<'TEST'
#!/bin/bash
if [ "$1" = deps ]; then printf '%s\n' MEM=512M SCRATCH=1G REQUIRE=cc1,big.i; exit; fi
took() { local begun=${EPOCHREALTIME/./}; "${@:2}" >/dev/null 2>&1 || exit; echo "$1 $(((${EPOCHREALTIME/./} - begun) / 1000))"; }
compile() { for i in 1 2 3; do cc1 -quiet -O2 big.i -o /tmp/big.s || return; done; }
disk() {
    dd if=/dev/zero of=/dev/vda bs=64k count=2000 oflag=direct && dd if=/dev/zero of=/dev/vda bs=4k count=3000 oflag=direct,dsync \
        && dd if=/dev/vda of=/dev/null bs=4k count=8000 iflag=direct
}
took compile compile; took disk disk
echo "TEST SUCCESS"
TEST
    chmod +x works
    for i in 1 2; do milliseconds ktest run works >/dev/null; done
    for ((i = 0; i < 5; ++i)); do
        ktest run --cold works 2>/dev/null >>works.cold
        ktest run works 2>/dev/null >>works.warm
    done
    rounds=5
    for what in compile disk; do
        booted=$(sed -n "s/^$what //p" works.cold | median)
        restored=$(sed -n "s/^$what //p" works.warm | median)
        echo "$what: booted $booted ms, restored $restored ms: ratio $(ratio "$restored" "$booted")"
    done
fi
# Where virtme-ng is, the same kernel by it.
if command -v vng >/dev/null; then
    kernel=$(readlink -f "$home/.ktest/kernels/default")
    for ((i = 0; i < 5; ++i)); do milliseconds vng -r "$kernel"/boot/vmlinuz* -- true >>vng.times; done
    rounds=5
    echo "virtme-ng $(median <vng.times) ms"
fi
echo "load after: $(cut -d' ' -f1-3 /proc/loadavg)"
