# What reads the output of a run has gone, or cannot take it: the verdict stands, and test.log has it all.
. "$(dirname "$0")/../sandbox.sh" || exit
need_image
write_test it 'echo MEM=256M'

complete() {
    grep -q '^TEST SUCCESS' .ktest/out/it/latest/test.log || fail "test.log lacks the output"
    grep -qE '"verdict": *"passed"' .ktest/out/it/latest/result.json || fail "result.json lacks the verdict"
    nothing_left
}

case_stdin_closed() {
    closed() { ktest run it <&-; }
    expect 0 closed
    says '^PASSED '
    complete
}

case_stdout_closed() {
    closed() { ktest run it >&-; }
    expect 0 closed
    says "^ktest: stdout: Bad file descriptor; the test's output goes on in .*/test.log"
    says '^PASSED '
    complete
}

case_stdout_full() {
    full() { ktest run it >/dev/full; }
    expect 0 full
    says "^ktest: stdout: No space left on device; the test's output goes on in .*/test.log"
    says '^PASSED '
    complete
}

case_stdout_reader_gone() {
    reader_gone() { ktest run it > >(true); }
    expect 0 reader_gone
    says "^ktest: stdout: Broken pipe; the test's output goes on in .*/test.log"
    says '^PASSED '
    complete
}

case_stderr_closed() {
    closed() { ktest run it 2>&-; }
    expect 0 closed
    grep -q '^TEST SUCCESS' "$sandbox/out" || fail "stdout lacks the output"
    complete
}

case_stderr_full() {
    full() { ktest run it 2>/dev/full; }
    expect 0 full
    complete
}

case_everything_closed() {
    closed() { ktest run it <&- >&- 2>&-; }
    expect 0 closed
    complete
}

case_slow_reader() { # who reads nothing for a while gets everything, and holds up nobody
    printf '%s\n' '#!/bin/sh' 'if [ "$1" = deps ]; then echo MEM=256M; exit; fi' \
        'seq 200000; echo TEST SUCCESS' >it
    slow() {
        ktest run it | {
            eventually 120 grep -qs 'TEST SUCCESS' .ktest/out/it/latest/test.log
            cat
        }
        return "${PIPESTATUS[0]}"
    }
    expect 0 slow
    { seq 200000; echo TEST SUCCESS; } | cmp - "$sandbox/out" || fail "the output is not whole"
    complete
}

case_killed_reader() { # as `ktest run | head -1` does it
    printf '%s\n' '#!/bin/sh' 'if [ "$1" = deps ]; then echo MEM=256M; exit; fi' \
        'seq 200000; echo TEST SUCCESS' >it
    head_only() {
        ktest run it | head -1
        return "${PIPESTATUS[0]}"
    }
    expect 0 head_only
    [ "$(cat "$sandbox/out")" = 1 ] || fail "the reader did not get its line"
    complete
}

case_binary_output() {
    printf '%s\n' '#!/bin/sh' 'if [ "$1" = deps ]; then echo MEM=256M; exit; fi' \
        'head -c 3000000 /dev/urandom; printf "\n\000TEST SUCCESS\n"' >it
    expect 0 ktest run it
    cmp "$sandbox/out" .ktest/out/it/latest/test.log || fail "stdout is not the log"
    [ "$(stat -c %s "$sandbox/out")" = 3000015 ] || fail "$(stat -c %s "$sandbox/out") bytes came"
    nothing_left
}

"case_$1"
