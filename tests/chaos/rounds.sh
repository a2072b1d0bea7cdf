# Ends runs at random moments, in whatever they are doing, while others go on: nothing of them may be left, none has a
# wrong verdict, and the others must not notice.
# KTEST_ROUNDS rounds (5), KTEST_BESIDE runs beside them (2), KTEST_SEED.
. "$(dirname "$0")/../sandbox.sh" || exit
need_image
rounds=${KTEST_ROUNDS:-5}
beside=${KTEST_BESIDE:-2}
RANDOM=${KTEST_SEED:-$$}
echo "seed ${KTEST_SEED:-$$}"
unset KTEST_ROUNDS KTEST_BESIDE KTEST_SEED
variables+=("XDG_CACHE_HOME=$sandbox/cache") # what the first runs make is killed half made
mkdir "$sandbox/cache"

printf '%s\n' '#!/bin/sh' 'if [ "$1" = deps ]; then' 'setsid sleep 1000 & sleep 0.$(($$ % 3))' \
    'kill $!; echo MEM=256M; echo SCRATCH=10M; exit; fi' \
    '[ "$1" != quick ] || exec echo TEST SUCCESS' 'echo writing >/dev/vda' 'sleep 1000' >victim0
sed 's/echo MEM=256M/echo NODES=one,other; &/; s/^echo writing/ping -q -i 0.2 other >\/dev\/null \&\n&/' victim0 >victim1
printf '%s\n' '#!/bin/sh' 'if [ "$1" = deps ]; then echo MEM=256M; echo SCRATCH=10M; exit; fi' \
    'for i in 1 2 3; do echo $i >/dev/vda && sync && sleep 1; done; echo TEST SUCCESS' >bystander
chmod +x victim0 victim1 bystander

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

# A run starts within a second when it has a template, and then only waits: every other moment is one of the start.
moment() {
    local seconds=0
    [ $((RANDOM % 2)) = 0 ] || seconds=$((RANDOM % 6))
    sleep "$seconds.$((RANDOM % 10))$((RANDOM % 10))"
}

locked_files() {
    local file
    find "$sandbox" -xdev -name '*.lock' | while read -r file; do flock -n "$file" true || echo "$file"; done
}

# What a run keeps has the name that it ought to have: nothing half made, no link beside the link that it would replace.
odd_names() {
    find "$runtime" -mindepth 1 -type f ! -path '*/slots/[0-9][0-9].lock' ! -path '*/vm/[0-9][0-9]/*'
    find "$home" "$work/.ktest" "$sandbox/cache" -xdev \( -name '*.new' -o -name '.new-*' -o -name '*.part' -o -name '.latest-*' -o -name 'vm.[0-9]*' \)
    find "$home/.ktest/templates" -type f ! -name '*.lock' -regex '.*\.[0-9]+'
    ls -A "$scratch"
}

# traces: whatever could outlive a run and the processes that made it.
traces() {
    odd_names
    locked_files
    grep -F "$sandbox" /proc/net/unix /proc/self/mountinfo
    losetup -nO BACK-FILE 2>/dev/null | grep -F "$sandbox"
    grep -lE '"verdict": *"(passed|failed)"' .ktest/out/victim*/*/result.json
} 2>/dev/null

machines() { # PIDs of the run's QEMUs
    local pid
    for pid in $(left_processes); do
        [[ $(cat "/proc/$pid/comm" 2>/dev/null) != qemu-system* ]] || echo "$pid"
    done
}

is_gone() { ! kill -0 "$1" 2>/dev/null; }

# The run PID is left alone, and its QEMUs are killed: one that dies before its test has begun is started again.
end_machines() {
    local chosen
    for _ in {1..200}; do
        mapfile -t chosen < <(machines)
        [ ${#chosen[@]} = 0 ] || kill -9 "${chosen[RANDOM % ${#chosen[@]}]}" 2>/dev/null
        ! eventually 1 is_gone "$1" || return
    done
    fail "the run goes on without its QEMUs: $(tail -3 "$sandbox/err")"
}

end_runs() { # SIGNAL STATUS; or QEMU STATUS
    local round pid status victim slowest=0 began took
    # Every other run has two nodes. Most are ended in restored guests, and those of every seventh round while they make
    # their templates.
    for victim in victim0 victim1; do
        for round in 1 2; do expect 0 ktest run -o "$work/quick" $victim -- quick; done
    done
    for round in $(seq "$rounds"); do
        [ $((round % 7)) != 0 ] || expect 0 ktest template prune --all
        start_bystanders
        (exec env "${variables[@]}" "KTEST_SANDBOX=$mark" "$KTEST" run victim$((round % 2))) >"$sandbox/out" 2>"$sandbox/err" &
        pid=$!
        moment
        if [ "$1" = QEMU ]; then end_machines "$pid"; else kill -"$1" "$pid"; fi
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
    [ -z "$(traces)" ] || fail "left: $(traces)"
    echo "$rounds rounds of $1 beside $beside runs: nothing left, slowest clean-up $((slowest / 1000)) ms, $passed_beside bystanders passed"
}

case $1 in
    kill) end_runs KILL 137 ;;
    interrupt) end_runs INT 130 ;;
    terminate) end_runs TERM 130 ;;
    machine) end_runs QEMU 125 ;;
esac
