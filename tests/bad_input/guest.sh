# An init that is not ours, or does not do as it should.
. "$(dirname "$0")/../sandbox.sh" || exit
need_image
: "${HOSTILE_INIT:?}"

# A ktest that has it beside itself.
mkdir -p "$sandbox/hostile"
cp "$KTEST" "$sandbox/hostile/ktest"
cp "$HOSTILE_INIT" "$sandbox/hostile/ktest-init"
KTEST=$sandbox/hostile/ktest
variables+=("XDG_CACHE_HOME=$sandbox/cache")
write_test it 'echo MEM=256M' 'echo CPUS=1'

# hostile WAY STATUS PATTERN
hostile() {
    expect "$2" ktest run --boot-timeout 30 -t 60 --append "hostile=$1" it
    says "$3"
    ! grep -q '"verdict": *"passed"' .ktest/out/it/latest/result.json || fail "result.json says passed"
    nothing_left
}

case_init_exits() { hostile exits 3 '^CRASHED .*in boot: kernel panic: Attempted to kill init'; }
case_init_leaves() { hostile leaves 3 '^CRASHED .*in boot: init has closed its channel to the host'; }
case_init_says_too_much() { hostile long 3 "^CRASHED .*in boot: init: the guest's init speaks rubbish: a frame is longer"; }
case_init_is_silent() {
    hostile silent 124 '^TIMED OUT .*in boot: after 30 s; user space was silent for [0-9]+ s; the kernel answers'
    grep -q '^RIP=' .ktest/out/it/latest/hang.txt || fail "no registers"
    grep -q 'sysrq: Show Blocked State' .ktest/out/it/latest/console.log || fail "it was not asked"
}
case_init_blocks() {
    hostile blocks 124 '^TIMED OUT .*in boot: after 30 s; user space was silent for [0-9]+ s; the kernel answers; init is blocked in the kernel'
}
case_init_forgets_nonce() { hostile nonce 124 '^TIMED OUT .*in shutdown: the guest does not answer any more'; }

"case_$1"
