# Saved logs that ktest splat reads; no VM.
logs=$(cd "$(dirname "$0")/../unit/run/splats" && pwd)
. "$(dirname "$0")/../sandbox.sh" || exit

# prints PATTERN: stdout has it (grep -E).
prints() { grep -qE -- "$1" "$sandbox/out" || fail "stdout does not say '$1'"; }

case_report() {
    cp "$logs/x86-6.1-null-pointer-panics.log" it.log
    expect 3 ktest splat it.log
    prints '^it.log:2: fault: BUG: unable to handle page fault for address: ADDR \[log_append\]$'
    [ "$(wc -l <"$sandbox/out")" = 1 ] || fail "more than one report"
}
case_no_report() {
    expect 0 ktest splat "$logs/clean-6.1-notices.log" "$logs/clean-6.1-cloud-guest.log"
    [ ! -s "$sandbox/out" ] || fail "stdout"
}
case_stdin() {
    local status=0
    ktest splat - <"$logs/x86-6.1-panic-sysrq.log" >"$sandbox/out" || status=$?
    [ $status = 3 ] || fail "status $status"
    prints '^-:2: death: Kernel panic - not syncing: sysrq triggered crash \[sysrq_handle_crash\]$'
}
case_several() {
    expect 3 ktest splat "$logs/clean-6.1-notices.log" "$logs/x86-6.1-two-tasks-interleaved.log"
    [ "$(wc -l <"$sandbox/out")" = 2 ] || fail "not two reports"
}
case_json() {
    cp "$logs/x86-6.1-refcount-underflow.log" it.log
    expect 3 ktest splat --json it.log
    python3 - "$sandbox/out" <<'END' || fail "$(cat "$sandbox/out")"
import json, sys
report, = json.load(open(sys.argv[1]))
assert report["log"] == "it.log" and report["line"] == 2 and report["class"] == "assertion"
assert report["title"] == "refcount_t: underflow; use-after-free." and report["guilty_function"] == "session_put"
assert report["fatal"] is False and report["caller"] == "T205" and len(report["fingerprint"]) == 16
assert report["text"].startswith("------------[ cut here ]") and "---[ end trace" in report["text"]
END
}
case_json_of_nothing() {
    expect 0 ktest splat --json /dev/null
    prints '^\[\]$'
}
case_unreadable_log() {
    cp "$logs/x86-6.1-panic-sysrq.log" it.log
    expect 2 ktest splat missing.log it.log
    says '^ktest: missing.log: No such file or directory$'
    prints '^it.log:2: death'
    expect 2 ktest splat .
    says 'Is a directory'
}
case_no_log() {
    expect 2 ktest splat
    says 'log'
}
# What a vmlinux cannot tell stays as the kernel printed it.
case_vmlinux() {
    cp "$logs/x86-6.1-panic-sysrq.log" it.log
    expect 2 ktest splat --vmlinux missing it.log
    says 'missing'
    expect 3 ktest splat --vmlinux it.log it.log
    says '^ktest: it.log: not an ELF file$'
    prints '^it.log:2: death'
    prints '^ sysrq_handle_crash\+0x[0-9a-f]+/0x[0-9a-f]+$'
    expect 3 ktest splat --json --vmlinux /bin/true it.log
    [ "$(wc -l <"$sandbox/err")" = 1 ] || fail "not said once"
    python3 -c 'import json, sys
report, = json.load(open(sys.argv[1]))
assert report["symbolised"] == report["text"] and "source_line" not in report' "$sandbox/out" || fail "$(cat "$sandbox/out")"
}
case_hostile_log() {
    printf '[    1.0\033[2Jx\000\377 BUG: KASAN: \033[31m\007\377evil in f+0x1/0x2\n' >it.log
    expect 3 ktest splat it.log
    ! grep -q "$(printf '[\033\007\377]')" "$sandbox/out" || fail "control characters reached the terminal"
    expect 3 ktest splat --json it.log
    head -c 3000000 /dev/urandom >noise
    ktest splat noise >/dev/null
    [ $? -le 3 ] || fail "noise ended it"
}

"case_$1"
