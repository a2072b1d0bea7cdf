# A test that says `last` and then panics, time after time: every time `last` has left the guest, the verdict comes in
# time, and nothing is left. KTEST_ROUNDS rounds (6), KTEST_BESIDE at once (1).
. "$(dirname "$0")/../sandbox.sh" || exit
need_image
rounds=${KTEST_ROUNDS:-6}
beside=${KTEST_BESIDE:-1}
unset KTEST_ROUNDS KTEST_BESIDE
grace=5 # of quiet after a report's end

printf '%s\n' '#!/bin/sh' 'if [ "$1" = deps ]; then echo MEM=256M; exit; fi' \
    'echo first; echo last; echo c >/proc/sysrq-trigger' >panics
chmod +x panics

# panic NUMBER: one run; out/NUMBER.ms is the time from the panic's first line on the console to the end of ktest.
panic() {
    local out=$work/out/$1 status=0 looked=0 before=0
    mkdir -p "$out"
    (exec env "${variables[@]}" "$KTEST" run -o "$out" panics) >"$out.txt" 2>"$out.err" </dev/null &
    local pid=$!
    eventually 600 panicked_or_ended "$out" $pid || return
    wait $pid || status=$?
    echo $(((${EPOCHREALTIME/./} - before) / 1000)) >"$out.ms"
    [ $status = 3 ] || return
    cmp -s "$out.txt" - <<<$'first\nlast' || return
    cmp -s "$out.txt" "$out"/panics/latest/test.log || return
    grep -q '^CRASHED panics on .*: in test: kernel panic: sysrq triggered crash$' "$out.err"
}
panicked() { # it had not at $before
    before=$looked looked=${EPOCHREALTIME/./}
    grep -qs 'Kernel panic' "$1"/panics/*/console.log
}
panicked_or_ended() { panicked "$1" || ! kill -0 "$2" 2>/dev/null; }

mkdir out
began=$SECONDS
failed=$(side_by_side "$rounds" "$beside" panic)
for run in $failed; do fail "run $run: $(tail -n 5 "out/$run".{txt,err})"; done
slowest=$(sort -n out/*.ms | tail -1)
[ "$slowest" -le $(((grace + 1) * 1000)) ] || fail "a verdict came $slowest ms after the panic"
nothing_left
echo "$rounds panics, $beside at once, in $((SECONDS - began)) s: 'last' came each time, the verdict" \
    "$(sort -n out/*.ms | sed -n "$(((rounds + 1) / 2))p") ms (median), $slowest ms (slowest) after the panic's first line"
