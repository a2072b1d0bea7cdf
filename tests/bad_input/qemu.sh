# A QEMU that fails by itself.
. "$(dirname "$0")/../sandbox.sh" || exit
need_image
write_test it 'echo MEM=256M'

# mortal_qemu TIMES: a QEMU that dies of a SIGSEGV of its own so many times before it does its work.
mortal_qemu() {
    local qemu
    qemu=$(command -v qemu-system-x86_64) || skip "no QEMU"
    printf '%s\n' '#!/bin/bash' "for i in $(seq -s ' ' "$1"); do" \
        'if mkdir "$DEATHS/$i" 2>/dev/null; then kill -SEGV $$; fi' 'done' "exec $qemu \"\$@\"" \
        >"$sandbox/bin/qemu-system-x86_64"
    chmod +x "$sandbox/bin/qemu-system-x86_64"
    mkdir "$sandbox/deaths"
    variables+=("PATH=$sandbox/bin:$PATH" "DEATHS=$sandbox/deaths")
}

case_qemu_dies_once_at_boot() {
    mortal_qemu 1
    expect 0 ktest run it
    says '^ktest: QEMU itself died of signal 11 while the guest booted: trying again'
    says '^PASSED '
    nothing_left
}

case_qemu_dies_again_and_again() {
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
