# A case in a real source tree, $TREE, whose kernel setup.sh has built in $TREE/.ktest. All cases share that build and
# take turns (RESOURCE_LOCK): options are only ever added to its .config, and what a case changes in the source it
# puts back. Source it with bash.

tree_tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$tree_tests/../sandbox.sh" || exit
: "${TREE:?where Linux is unpacked}"
examples=$tree_tests/../../examples
build=$TREE/.ktest
unset ARCH CROSS_COMPILE LLVM CC HOSTCC KTEST_TREE KTEST_BUILD_DIR KTEST_KCONFIG KTEST_WITH KTEST_CONFIG KTEST_JOBS
need_image
variables+=(KTEST_NO_HOLD=1)

need_kernel() { [ -e "$build/vmlinux" ] || skip "there is no kernel in $TREE"; }

# Files of the source that a case changes, and what they were.
changed=()
kept=$sandbox/kept
put_back() {
    local file
    for file in "${changed[@]}"; do cp "$kept/$file" "$TREE/$file"; done
    changed=()
}
trap 'put_back; leave' EXIT

# change FILE: it may be changed until the case ends.
change() {
    mkdir -p "$kept/$(dirname "$1")"
    cp "$TREE/$1" "$kept/$1"
    changed+=("$1")
}

# in_tree ARGUMENTS...: `ktest run` of this tree's kernel, from a directory outside it.
in_tree() { ktest run -C "$TREE" "$@"; }

# steps [PATTERN]: what the last build made, by kbuild's own words.
steps() { grep -E '^  [A-Z]' "$build/build.log" | grep -vE '^  ((CALL|CHK|DESCEND) |GEN +Makefile$)' | grep -E -- "${1-.}"; }
nothing_was_built() {
    [ -z "$(steps)" ] || fail "this was built: $(steps | head -n 20)"
}

# mounted COMMANDS COMMAND...: the command, where these mounts are made, which nobody else sees.
mounted() {
    unshare -m true 2>/dev/null || skip "no mount namespaces here"
    export -f ktest in_tree
    export KTEST TREE
    variables_text=$(declare -p variables) unshare -m bash -c '
        eval "$variables_text"
        eval "$0" && cd "$PWD" && "$@"' "$@"
}
