# A place of its own for a test of the tools: a home with the real image and kernels, a runtime directory (so a
# pool of slots), a scratch directory and a working directory, all gone when the test ends. Every process of
# its runs carries KTEST_SANDBOX in its environment, by which those that are left behind are found.
# Source it with bash; KTEST names the ktest to test.

set -u
: "${KTEST:?the ktest to test}"
image_home=${KTEST_TEST_HOME:-$HOME}
sandbox=$(mktemp -d /tmp/ktest-sandbox-XXXXXX)
mark=${sandbox##*/}
home=$sandbox/home
work=$sandbox/work
scratch=$sandbox/scratch
runtime=$sandbox/run
trap leave EXIT
trap 'exit 1' INT
trap 'fail "its time is up"' TERM

mkdir -p "$home/.ktest" "$work" "$scratch" "$sandbox/bin"
mkdir -m 700 "$runtime"
ln -s "$scratch" "$home/.ktest/tmp"
for part in root root.manifest kernels {id,guest}_ed25519{,.pub}; do
    [ ! -e "$image_home/.ktest/$part" ] || ln -s "$image_home/.ktest/$part" "$home/.ktest/$part"
done
variables=("HOME=$home" "XDG_RUNTIME_DIR=$runtime" "XDG_CACHE_HOME=${XDG_CACHE_HOME:-$image_home/.cache}"
           "KTEST_SANDBOX=$mark" KTEST_ACCEL=tcg)
unset KTEST_KERNEL KTEST_IMAGE KTEST_TIMEOUT KTEST_NO_HOLD KTEST_JSON KTEST_JUNIT KTEST_SLOT_WAIT KTEST_NODE_CACHE KTEST_NODE_CACHE_SIZE
cd "$work" || exit 1

leave() {
    local pid
    for pid in $(left_processes) $(jobs -p); do kill -9 "$pid" 2>/dev/null; done
    cd / && rm -rf "$sandbox"
}

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    [ ! -s "$sandbox/out" ] || tail -n 100 "$sandbox/out" | sed 's/^/stdout: /' >&2
    [ ! -s "$sandbox/err" ] || sed 's/^/stderr: /' "$sandbox/err" >&2
    exit 1
}

skip() {
    printf 'SKIPPED: %s\n' "$*" >&2
    exit 77
}

# What no boot can do without.
need_image() {
    [ -e "$home/.ktest/root" ] && [ -e "$home/.ktest/kernels/default" ] \
        || skip "no image or kernel in $image_home/.ktest: ktest image; ktest kernel get --default"
}

# ktest with the sandbox's environment; the caller replaces `variables` for another.
ktest() { env "${variables[@]}" "$KTEST" "$@"; }

# write_test NAME COMMAND...: an executable test that answers `deps` by the commands and passes.
write_test() {
    local name=$1
    shift
    printf "%s\n" "#!/bin/sh" 'if [ "$1" = deps ]; then' "$@" exit fi 'echo "TEST SUCCESS"' >"$name"
    chmod +x "$name"
}

# expect STATUS COMMAND...: the command ends with that status; its output is in $sandbox/out and err.
expect() {
    local wanted=$1 status=0
    shift
    "$@" >"$sandbox/out" 2>"$sandbox/err" </dev/null || status=$?
    [ "$status" = "$wanted" ] || fail "'$*' ended with $status, not $wanted"
}

# says PATTERN: stderr has it (grep -E).
says() { grep -qE -- "$1" "$sandbox/err" || fail "stderr does not say '$1'"; }

# one_line: the error is told in one line (the kernel's announcement aside).
one_line() {
    [ "$(grep -cv '^ktest: kernel ' "$sandbox/err")" = 1 ] || fail "stderr is not one line"
}

left_processes() { grep -lzx "KTEST_SANDBOX=$mark" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3; }

busy_slots() {
    local lock
    for lock in "$runtime"/ktest/slots/*.lock; do
        [ ! -e "$lock" ] || flock -n "$lock" true || echo "$lock"
    done
}

# side_by_side COUNT BESIDE COMMAND...: the command with each number below COUNT behind it, so many at once; the numbers
# of those that failed.
side_by_side() {
    local count=$1 beside=$2 first i pids
    shift 2
    for ((first = 0; first < count; first += beside)); do
        pids=()
        for ((i = first; i < first + beside && i < count; ++i)); do
            "$@" $i &
            pids+=($!)
        done
        for i in "${!pids[@]}"; do wait "${pids[i]}" || echo $((first + i)); done
    done
}

# eventually SECONDS COMMAND...: waits until the command succeeds.
eventually() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.02
    done
}

clean() { [ -z "$(left_processes)" ] && [ -z "$(busy_slots)" ] && [ -z "$(ls -A "$scratch")" ]; }

# nothing_left [SECONDS]: no process of a run, no busy slot, no named file among the disks.
nothing_left() {
    eventually "${1:-5}" clean \
        || fail "left: processes [$(left_processes)] slots [$(busy_slots)] files [$(ls -A "$scratch")]"
}

# unavailable PATTERN: the last run has said so on stderr, with status 125, and in its result.
unavailable() {
    says "^UNAVAILABLE .*$1"
    grep -qE '"verdict": *"unavailable"' .ktest/out/*/latest/result.json || fail "result.json does not say it"
}

# no_run_left: the refused run has made no directory.
no_run_left() { [ ! -e .ktest ] || fail "left: $(find .ktest)"; }
