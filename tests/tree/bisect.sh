# git bisect run with ktest run --bisect finds the commit, in histories of one small directory of the tree.
. "$(dirname "$0")/tree.sh" || exit
need_kernel
command -v git >/dev/null || skip "no git"
export GIT_AUTHOR_NAME=nobody GIT_AUTHOR_EMAIL=nobody@example.org GIT_COMMITTER_NAME=nobody GIT_COMMITTER_EMAIL=nobody@example.org
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
probe=$TREE/drivers/misc/ktest_probe

# The directory stays in the tree, with nothing in it between the cases.
no_history() {
    rm -rf "$TREE/.git" "$TREE/.scmversion" "$probe"
    mkdir -p "$probe"
    touch "$probe/Kconfig" "$probe/Makefile"
}
trap 'no_history; put_back; leave' EXIT

# history OPTION TYPE: an empty repository, and a directory that makes ktest_probe.c by an option.
history() {
    no_history
    grep -q ktest_probe "$TREE/drivers/misc/Kconfig" || {
        sed -i 's|^endmenu|source "drivers/misc/ktest_probe/Kconfig"\n&|' "$TREE/drivers/misc/Kconfig"
        echo 'obj-y += ktest_probe/' >>"$TREE/drivers/misc/Makefile"
    }
    git init -q "$TREE"
    echo '*' >"$TREE/.git/info/exclude"
    printf '%s\n' "config $1" "	$2 \"A probe\"" >"$probe/Kconfig"
    echo "obj-\$(CONFIG_$1) += ktest_probe.o" >"$probe/Makefile"
}
source_is() { printf '%s\n' '#include <linux/module.h>' "$@" 'MODULE_LICENSE("GPL");' >"$probe/ktest_probe.c"; }
answer_is() { source_is "static int answer = $1;" 'module_param(answer, int, 0444);'; }

# commit NAME: of what the directory is now, with a tag to call it by.
commit() {
    git -C "$TREE" add -A -f "$probe"
    git -C "$TREE" commit -q --allow-empty -m "$1"
    git -C "$TREE" tag "$1"
}
checkout() { git -C "$TREE" checkout -q "$1"; }

# bisect BAD GOOD ARGUMENTS...: as one would by hand.
bisect() {
    cd "$TREE" || exit
    git bisect reset >/dev/null 2>&1
    git bisect start "$1" "$2" >/dev/null
    env "${variables[@]}" git bisect run "$KTEST" run "${@:3}"
}
export -f bisect
found() {
    [ "$(git -C "$TREE" log -1 --format=%s refs/bisect/bad)" = "$1" ] || fail "not '$1' was found"
    grep -q 'is the first bad commit' "$sandbox/out" || fail "it does not say so"
}
# judged WORD COMMIT: what git was told of it.
judged() {
    git -C "$TREE" bisect log | grep -qE "^git bisect $1 $(git -C "$TREE" rev-parse "$2^{commit}")$" \
        || fail "$2 is not $1: $(git -C "$TREE" bisect log)"
}

case_failure() {
    history KTEST_PROBE tristate
    touch "$TREE/.scmversion" # or each commit is another release, and the whole kernel is linked anew
    cat >answers <<'END'
#!/bin/sh
if [ "$1" = deps ]; then echo MEM=256M; echo CONFIG=KTEST_PROBE=m; echo REQUIRE=data; exit; fi
modprobe ktest_probe
answer=$(cat /sys/module/ktest_probe/parameters/answer) || { echo "TEST FAILED: no answer"; exit; }
[ "$answer" = 42 ] && echo "TEST SUCCESS" || echo "TEST FAILED: the answer is $answer"
END
    chmod +x answers
    head -c 3000000 /dev/urandom >data
    answer_is 42
    commit begins
    echo '#error not today' >>"$probe/ktest_probe.c"
    commit builds-not
    answer_is 42
    commit builds-again
    commit says-nothing
    cp "$probe/Kconfig" .
    : >"$probe/Kconfig"
    commit lacks-the-option
    { cat Kconfig; printf '%s\n' 'config KTEST_PROBE_MORE' '	bool "Nobody has heard of it"'; } >"$probe/Kconfig"
    commit has-a-new-option
    answer_is 41
    commit breaks
    source_is
    commit fails-otherwise
    answer_is 40
    commit still-broken
    commit ends

    expect 0 bisect ends begins --bisect='the answer is' "$work/answers"
    found breaks
    judged skip lacks-the-option
    judged good has-a-new-option
    judged skip fails-otherwise
    judged bad breaks
    checkout builds-not
    expect 125 in_tree --bisect ./answers

    # A host that fails says nothing about a commit: git stops.
    local status=0
    mounted "mount -t tmpfs -o size=1M tmpfs '$scratch'" bisect ends breaks --bisect "$work/answers" \
        >"$sandbox/out" 2>"$sandbox/err" || status=$?
    [ $status != 0 ] || fail "git went on"
    cat "$sandbox/out" "$sandbox/err" | grep -q 'exit code 255' || fail "it was not 255"
    says '^UNAVAILABLE answers on .*No space left on device'
    ! git -C "$TREE" bisect log | grep -E '^git bisect skip' || fail "a commit was judged"
    nothing_left
}

case_boot() {
    history KTEST_PROBE_BOOT bool
    write_test boots 'echo MEM=256M' 'echo CONFIG=KTEST_PROBE_BOOT'
    answer_is 42
    commit begins
    commit says-nothing
    commit says-nothing-either
    source_is 'static int __init probe(void) { panic("ktest_probe: no way"); }' 'late_initcall(probe);'
    commit panics
    echo '#error not today' >>"$probe/ktest_probe.c"
    commit builds-not
    sed -i '$d' "$probe/ktest_probe.c"
    commit ends

    expect 0 bisect ends begins --bisect=boot "$work/boots"
    found panics
    judged skip builds-not
    judged good says-nothing-either
    grep -qE '^CRASHED boots on 6\.[^ ]*-g[0-9a-f]+ \(.*\.ktest\)' "$sandbox/err" || fail "the release does not name the commit"
    says 'ktest_probe: no way'
    nothing_left
}

"case_$1"
