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

suite() { seq 40 | xargs -P 2 -I{} env "${variables[@]}" "$KTEST" run "$@" -o "$work/suite/{}" "$hello"; }
suite_cold=$(milliseconds suite --cold)
suite_warm=$(milliseconds suite)
echo "40 cases, 2 at once: cold $suite_cold ms, warm $suite_warm ms: $(ratio "$suite_cold" "$suite_warm") times as fast"

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
echo "load after: $(cut -d' ' -f1-3 /proc/loadavg)"
