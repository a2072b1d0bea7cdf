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

"case_$1"
