# shellcheck shell=bash
# What every case of cases/ begins with: a fresh directory as cwd, and words to run ktest and to say what is to be seen.
# `ktest` and `vm-start` are those on PATH, and run without KVM, for a machine may lack it. The first check that fails
# ends the case and prints what the run left.

set -u
vm_tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
examples=$vm_tests/../../examples

case_directory=$PWD/$(basename "$0" .sh)
rm -rf "$case_directory"
mkdir -p "$case_directory"
cd "$case_directory" || exit
case_directory=$(pwd -P)

# The caller's own options would change what is tested; kernel and image may be any.
for variable in "${!KTEST_@}"; do
    case $variable in
    KTEST_KERNEL | KTEST_IMAGE) ;;
    *) unset "$variable" ;;
    esac
done
export KTEST_ACCEL=tcg

# What the machine lacks is no failure of the case: SKIP_RETURN_CODE.
ktest run --dry-run "$examples/hello" >/dev/null
if [ $? -eq 125 ]; then
    echo "SKIPPED: no VM can be started here"
    exit 77
fi

started=()
trap 'fail "its time is up"' TERM
trap 'for pid in "${started[@]}"; do kill "$pid" 2>/dev/null; wait "$pid"; done' EXIT

# fail WHAT: ends the case, with all that the last command and its run said.
fail() {
    echo "FAILED: $1"
    for file in out err */out */err .ktest/out/*/latest/*.log; do
        if [ -s "$file" ]; then
            echo "--- the end of $file:"
            tail -n 60 "$file"
        fi
    done
    exit 1
}

# own_templates: from here on templates and what is known of them are this case's own; image and kernels are the user's.
own_templates() {
    local part
    mkdir -p home/.ktest
    for part in root root.manifest kernels {id,guest}_ed25519{,.pub} tmp; do
        [ ! -e "$HOME/.ktest/$part" ] || ln -s "$(readlink -f "$HOME/.ktest/$part")" "home/.ktest/$part"
    done
    export XDG_CACHE_HOME=${XDG_CACHE_HOME:-$HOME/.cache} HOME=$case_directory/home
}

# guest NAME: copies a script of guest/ here under a name that no other run on this machine has, and gives that name.
guest() {
    cp "$vm_tests/guest/$1" "$1-$$"
    echo "$1-$$"
}

# run CMD...: its output goes to the files out and err, its exit status to $status.
run() {
    echo "\$ $*"
    status=0
    "$@" >out 2>err </dev/null || status=$?
}

# start NAME CMD...: the same in the background, in the directory NAME's out and err; its process id goes to $pid.
start() {
    local name=$1
    shift
    echo "\$ ${*%%$'\n'*} &"
    mkdir -p "$name"
    : >"$name/out"
    : >"$name/err"
    "$@" >"$name/out" 2>"$name/err" </dev/null &
    pid=$!
    started+=("$pid")
}

# finish PID: waits for what start began; its exit status goes to $status.
finish() {
    local left=() one
    status=0
    wait "$1" || status=$?
    for one in "${started[@]}"; do
        [ "$one" = "$1" ] || left+=("$one")
    done
    started=("${left[@]}")
}

# await PID FILE PATTERN: until a line of the growing file matches; an error if the process ends before.
await() {
    tail -n +1 -s 0.1 -F --pid="$1" "$2" 2>/dev/null | grep -q -m1 -e "$3" \
        || grep -q -e "$3" "$2" || fail "'$3' should have come in $2, but the command ended without"
}

expect() { # WHAT CONDITION...
    "${@:2}" || fail "$1"
}
expect_status() {
    [ "$status" -eq "$1" ] || fail "exit status: expected $1, came $status"
}
expect_line() { # LINE [FILE]: one line of stdout is this
    grep -qxF -e "$1" "${2:-out}" || fail "expected the line '$1' in ${2:-out}"
}
expect_match() { # FILE PATTERN
    grep -qE -e "$2" "$1" || fail "expected a line like '$2' in $1"
}
expect_stderr() {
    expect_match err "$1"
}
expect_no_match() { # FILE PATTERN
    ! grep -E -e "$2" "$1" || fail "expected no line like '$2' in $1"
}
expect_equal() { # WHAT EXPECTED CAME
    [ "$2" = "$3" ] || fail "$1: expected '$2', came '$3'"
}

# result_of TEST EXPRESSION: a value of its last result.json, by a Python expression on r.
result_of() {
    python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' \
        ".ktest/out/$1/latest/result.json" "$2"
}

# qemu_of TEST: the process ids of the QEMUs that run it.
qemu_of() {
    local directory
    for directory in /proc/[0-9]*; do
        if tr '\0' '\n' <"$directory/cmdline" 2>/dev/null | grep -qxF -e "ktest-$1"; then
            basename "$directory"
        fi
    done
}

# eventually_gone TEST: waits until no QEMU of it is left.
eventually_gone() {
    while [ -n "$(qemu_of "$1")" ]; do read -rt 0.1 <> <(:); done
}

# expect_gone TEST: no QEMU of it is left, and no slot is taken by it.
expect_gone() {
    expect_equal "QEMUs of $1" "" "$(qemu_of "$1")"
    vm-start list --json >list.json
    expect_no_match list.json "\"$1\""
}
