# Ends runs at random moments, in whatever they are doing, while others go on: nothing of them may be left, none has a
# wrong verdict, and the others must not notice.
. "$(dirname "$0")/chaos.sh" || exit

printf '%s\n' '#!/bin/sh' 'if [ "$1" = deps ]; then' 'setsid sleep 1000 & sleep 0.$(($$ % 3))' \
    'kill $!; echo MEM=256M; echo SCRATCH=10M; exit; fi' \
    '[ "$1" != quick ] || exec echo TEST SUCCESS' 'echo writing >/dev/vda' 'sleep 1000' >victim0
sed 's/echo MEM=256M/echo NODES=one,other; &/; s/^echo writing/ping -q -i 0.2 other >\/dev\/null \&\n&/' victim0 >victim1
chmod +x victim0 victim1

# A run starts within a second when it has a template, and then only waits: every other moment is one of the start.
moment() {
    local seconds=0
    [ $((RANDOM % 2)) = 0 ] || seconds=$((RANDOM % 6))
    sleep "$seconds.$((RANDOM % 10))$((RANDOM % 10))"
}

machines() { # PIDs of the run's QEMUs
    local pid
    for pid in $(left_processes); do
        [[ $(cat "/proc/$pid/comm" 2>/dev/null) != qemu-system* ]] || echo "$pid"
    done
}

is_gone() { ! kill -0 "$1" 2>/dev/null; }

# end_machines PID: it is left alone, and its QEMUs are killed; one that dies before its test has begun is started again.
end_machines() {
    local chosen
    for _ in {1..200}; do
        mapfile -t chosen < <(machines)
        [ ${#chosen[@]} = 0 ] || kill -9 "${chosen[RANDOM % ${#chosen[@]}]}" 2>/dev/null
        ! eventually 1 is_gone "$1" || return
    done
    fail "the run goes on without its QEMUs: $(tail -3 "$sandbox/err")"
}

# begin_victim ROUND: its process is $pid. Every other run has two nodes.
begin_victim() {
    (exec env "${variables[@]}" "$KTEST" run victim$(($1 % 2))) >"$sandbox/out" 2>"$sandbox/err" &
    pid=$!
}
vm_start() { env "${variables[@]}" "$VM_START" "$@"; }
# A VM without a test has its own image every other time, which it writes; every third time somebody is logged in.
begin_vm() {
    local own=()
    [ $(($1 % 2)) = 0 ] || own=(-p -i "$work/image")
    rm -f id
    (exec env "${variables[@]}" "$VM_START" start -m 256M -s 16M --id id "${own[@]}") >"$sandbox/out" 2>"$sandbox/err" &
    pid=$!
    [ $(($1 % 3)) != 0 ] || log_in "$pid" &
}
lets_in() { [ -s id ] && [ -e "$runtime/ktest/vm/$(printf %02d "$(cat id)")/known_hosts" ]; }
# log_in PID: as soon as that VM lets anybody in.
log_in() {
    until lets_in || is_gone "$1"; do sleep 0.02; done
    ! lets_in || vm_start ssh "$(cat id)" 'echo >/dev/vda; sleep 1000'
} >>"$sandbox/logins.log" 2>&1 </dev/null
# end_vm PID: it is killed, every third time while somebody stops it in the usual way.
end_vm() {
    local stop='' status=0
    if [ $((RANDOM % 3)) = 0 ] && [ -s id ]; then
        vm_start stop "$(cat id)" 2>"$sandbox/stop.err" &
        stop=$!
        sleep "0.$((RANDOM % 4))"
    fi
    kill -KILL "$1"
    [ -n "$stop" ] || return 0
    wait "$stop" 2>/dev/null || status=$?
    # 2: nothing was there to stop any more.
    [[ $status = [02] ]] || fail "to stop what was killed ended with $status: $(cat "$sandbox/stop.err")"
}

end_runs() { # BEGIN SIGNAL STATUS; for SIGNAL also QEMU, VM; STATUS is a pattern
    local round pid status slowest=0 began took
    for round in $(seq "$rounds"); do
        [ $((round % 7)) != 0 ] || expect 0 ktest template prune --all
        start_bystanders
        $1 "$round"
        moment
        case $2 in
            QEMU) end_machines "$pid" ;;
            VM) end_vm "$pid" ;;
            *) kill -"$2" "$pid" ;;
        esac
        began=${EPOCHREALTIME/./}
        status=0
        wait "$pid" 2>/dev/null || status=$?
        [[ $status = $3 ]] || fail "round $round: ended with $status, not $3"
        eventually 10 only_bystanders_left \
            || fail "round $round: left [$(left_processes)] [$(busy_slots)] [$(ls -A "$scratch")]"
        took=$((${EPOCHREALTIME/./} - began))
        [ $took -le $slowest ] || slowest=$took
        count_bystanders
    done
    await_bystanders
    [ -z "$(traces)" ] || fail "left: $(traces)"
    echo "$rounds rounds of $2 beside $beside runs: nothing left, slowest clean-up $((slowest / 1000)) ms, $passed_beside bystanders passed"
}

# Most are ended in restored guests, and those of every seventh round while they make their templates.
end_tests() { # SIGNAL STATUS
    local victim round
    for victim in victim0 victim1; do
        for round in 1 2; do expect 0 ktest run -o "$work/quick" $victim -- quick; done
    done
    end_runs begin_victim "$@"
}
end_vms() {
    : "${VM_START:?the vm-start to test}"
    cp --sparse=always "$home/.ktest/root" image
    end_runs begin_vm "$@"
    # An image whose VM was killed while it wrote is that of a machine whose power went.
    /sbin/e2fsck -fp image >"$sandbox/out" 2>"$sandbox/err"
    [ $? -le 1 ] || fail "the image cannot be mended"
}

case $1 in
    kill) end_tests KILL 137 ;;
    interrupt) end_tests INT 130 ;;
    terminate) end_tests TERM 130 ;;
    machine) end_tests QEMU 125 ;;
    vm_start) end_vms VM '@(0|130|137)' ;;
    vm_start_machine) end_vms QEMU 125 ;;
esac
