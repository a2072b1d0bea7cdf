# Ends runs at random moments, in whatever they are doing, while others go on: nothing of them may be left, and
# the others must not notice. KTEST_ROUNDS rounds (5), KTEST_BESIDE runs beside them (2), KTEST_SEED.
. "$(dirname "$0")/../sandbox.sh" || exit
need_image
rounds=${KTEST_ROUNDS:-5}
beside=${KTEST_BESIDE:-2}
RANDOM=${KTEST_SEED:-$$}
echo "seed ${KTEST_SEED:-$$}"
unset KTEST_ROUNDS KTEST_BESIDE KTEST_SEED

printf '%s\n' '#!/bin/sh' 'if [ "$1" = deps ]; then' 'setsid sleep 1000 & sleep 0.$(($$ % 3))' \
    'kill $!; echo MEM=256M; echo SCRATCH=10M; exit; fi' 'echo writing >/dev/vda' 'sleep 1000' >victim
printf '%s\n' '#!/bin/sh' 'if [ "$1" = deps ]; then echo MEM=256M; echo SCRATCH=10M; exit; fi' \
    'for i in 1 2 3; do echo $i >/dev/vda && sync && sleep 1; done; echo TEST SUCCESS' >bystander
chmod +x victim bystander

# A run that carries a mark of its own: $mark, which the sandbox's helpers look for.
go_beside() { (exec env "${variables[@]}" "KTEST_SANDBOX=beside-$mark" "$KTEST" run --no-hold bystander) >>"$sandbox/beside.log" 2>&1; }

bystanders=() passed_beside=0
start_bystanders() {
    while [ ${#bystanders[@]} -lt "$beside" ]; do
        go_beside &
        bystanders+=($!)
    done
}
count_bystanders() { # those that have ended must have passed
    local pid left=()
    for pid in "${bystanders[@]}"; do
        if kill -0 "$pid" 2>/dev/null; then
            left+=("$pid")
        else
            wait "$pid" || fail "a bystander ended with $?: $(tail -3 "$sandbox/beside.log")"
            passed_beside=$((passed_beside + 1))
        fi
    done
    bystanders=("${left[@]}")
}

# The slots that processes of bystanders do not hold must be free.
only_bystanders_left() {
    [ -z "$(left_processes)" ] && [ "$(busy_slots | wc -l)" -le ${#bystanders[@]} ] && [ -z "$(ls -A "$scratch")" ]
}

end_runs() { # SIGNAL STATUS
    local round pid status slowest=0 began took stages=()
    for round in $(seq "$rounds"); do
        start_bystanders
        (exec env "${variables[@]}" "KTEST_SANDBOX=$mark" "$KTEST" run victim) >"$sandbox/out" 2>"$sandbox/err" &
        pid=$!
        sleep "$((RANDOM % 6)).$((RANDOM % 10))$((RANDOM % 10))" # the moment
        kill -"$1" "$pid"
        began=${EPOCHREALTIME/./}
        status=0
        wait "$pid" 2>/dev/null || status=$?
        [ $status = "$2" ] || fail "round $round: ended with $status, not $2"
        eventually 10 only_bystanders_left \
            || fail "round $round: left [$(left_processes)] [$(busy_slots)] [$(ls -A "$scratch")]"
        took=$((${EPOCHREALTIME/./} - began))
        [ $took -le $slowest ] || slowest=$took
        count_bystanders
    done
    while [ ${#bystanders[@]} -gt 0 ]; do
        wait "${bystanders[0]}" || fail "a bystander ended with $?: $(tail -3 "$sandbox/beside.log")"
        passed_beside=$((passed_beside + 1))
        bystanders=("${bystanders[@]:1}")
    done
    mark=beside-$mark nothing_left
    echo "$rounds rounds of SIG$1 beside $beside runs: nothing left, slowest clean-up $((slowest / 1000)) ms, $passed_beside bystanders passed"
}

case $1 in
    kill) end_runs KILL 137 ;;
    interrupt) end_runs INT 130 ;;
    terminate) end_runs TERM 130 ;;
esac
