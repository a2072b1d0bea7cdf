# A QEMU that is missing, fails by itself, or is made to.
. "$(dirname "$0")/../sandbox.sh" || exit
need_image
write_test it 'echo MEM=256M'

# running: a run whose test goes on, and its QEMU's process id in $qemu.
running() {
    printf '%s\n' '#!/bin/sh' 'if [ "$1" = deps ]; then echo MEM=256M; exit; fi' 'echo running; sleep 1000' >it
    ktest run it >out 2>"$sandbox/err" &
    run=$!
    eventually 120 grep -q running out || fail "the test does not run"
    for qemu in $(left_processes); do
        ! grep -q qemu-system "/proc/$qemu/comm" || return 0
    done
    fail "there is no QEMU"
}
ends_with() { # STATUS
    local status=0
    wait "$run" || status=$?
    [ $status = "$1" ] || fail "ended with $status"
}

in_place_of_qemu() { # LINE...: a program of these lines
    printf '%s\n' "$@" >"$sandbox/bin/qemu-system-x86_64"
    chmod +x "$sandbox/bin/qemu-system-x86_64"
    variables+=("PATH=$sandbox/bin:$PATH")
}

# mortal_qemu TIMES: a QEMU that dies of a SIGSEGV of its own so many times before it does its work.
mortal_qemu() {
    local qemu
    qemu=$(command -v qemu-system-x86_64) || skip "no QEMU"
    in_place_of_qemu '#!/bin/bash' "for i in $(seq -s ' ' "$1"); do" \
        'if mkdir "$DEATHS/$i" 2>/dev/null; then kill -SEGV $$; fi' 'done' "exec $qemu \"\$@\""
    mkdir "$sandbox/deaths"
    variables+=("DEATHS=$sandbox/deaths")
}

case_missing() {
    local program
    for program in sh head ssh-keygen; do ln -s "$(command -v $program)" "$sandbox/bin/"; done
    variables+=("PATH=$sandbox/bin")
    expect 125 "$(command -v env)" -i "${variables[@]}" "$KTEST" run it
    unavailable 'qemu-system-x86_64 is not installed: apt-get install qemu-system-x86'
    nothing_left
}

case_ends_at_once() {
    in_place_of_qemu '#!/bin/sh' 'echo "qemu: no luck today" >&2' 'exit 7'
    expect 125 ktest run it
    unavailable 'QEMU ended with status 7: qemu: no luck today'
    nothing_left
}

case_is_no_program() {
    in_place_of_qemu rubbish
    expect 125 ktest run it
    unavailable qemu-system-x86_64
    nothing_left
}

case_refuses_an_argument() {
    expect 125 ktest run --qemu-arg=-nonsense it
    unavailable 'QEMU ended with status 1: .*nonsense'
    nothing_left
}

case_is_killed() {
    running
    kill -9 "$qemu"
    ends_with 125
    unavailable 'QEMU was killed by signal 9'
    nothing_left
}

case_is_stopped() {
    running
    kill -STOP "$qemu"
    eventually 10 grep -q 'somebody has stopped QEMU' "$sandbox/err" || fail "its stop is not told"
    kill -CONT "$qemu"
    eventually 10 grep -q 'QEMU goes on' "$sandbox/err" || fail "its going on is not told"
    kill -STOP "$qemu"
    ends_with 125
    unavailable 'QEMU was stopped \(SIGSTOP\) for 10 s'
    nothing_left
}

case_closes_its_channels() {
    in_place_of_qemu '#!/bin/bash' 'for fd in {3..40}; do exec {fd}>&-; done' 'exec sleep 1000'
    expect 125 ktest run it
    unavailable 'QEMU has closed '
    nothing_left
}

case_dies_once_at_boot() {
    mortal_qemu 1
    expect 0 ktest run it
    says '^ktest: QEMU itself died of signal 11 while the guest booted: trying again'
    says '^PASSED '
    nothing_left
}

case_dies_again_and_again() {
    mortal_qemu 9
    expect 125 ktest run it
    unavailable 'QEMU was killed by signal 11'
    [ "$(ls "$sandbox/deaths" | wc -l)" = 3 ] || fail "tried $(ls "$sandbox/deaths" | wc -l) times"
    nothing_left
}

case_sandbox_denies_a_system_call() { # exec: is a program that QEMU starts
    expect 125 ktest run --qemu-arg=-incoming --qemu-arg=exec:true it
    unavailable 'QEMU made a system call that its sandbox denies \(--no-sandbox starts it without\)'
    nothing_left
}

case_sandbox_is_not_wanted() {
    expect 0 ktest run --dry-run it
    grep -q spawn=deny "$sandbox/out" || fail "it would be started without"
    expect 0 ktest run --no-sandbox --dry-run it
    ! grep -q spawn=deny "$sandbox/out" || fail "it would be started with one"
}

case_sandbox_is_not_built_in() {
    cp "$(type -P true)" "$sandbox/bin/qemu-system-x86_64"
    variables+=("PATH=$sandbox/bin:$PATH")
    expect 0 ktest run --dry-run it
    says "^ktest: $sandbox/bin/qemu-system-x86_64 is built without seccomp: the guest runs in a QEMU without its sandbox"
    ! grep -q spawn=deny "$sandbox/out" || fail "it would be started with one"
}

"case_$1"
