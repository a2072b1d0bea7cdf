# Copies on a node's own disk: made once, never a half one, and never in a run's way.
. "$(dirname "$0")/../sandbox.sh" || exit
need_image
local_disk=$sandbox/local
cache=$local_disk/ktest-$(id -u)
mkdir "$local_disk"
variables+=("KTEST_NODE_CACHE=$local_disk")
write_test it 'echo MEM=256M' 'echo CPUS=1'
sed -i '2i ! env | grep KTEST_NODE_CACHE >&2 || exit 1' it # neither deps nor the guest sees it

copies() { find "$cache/files" -type f ! -name '*.mark'; }
# whole_copies: nothing but copies and their marks is there.
whole_copies() {
    local names
    names=$(find "$cache/files" -type f -printf '%f\n' | grep -vxE '[0-9a-f]{32}(\.mark)?')
    [ -z "$names" ] || fail "unfinished: $names"
    [ "$(copies | wc -l)" -ge 3 ] || fail "not all is copied: $(copies)"
}
# copied FILE...: the sum of what these runs said that they copied.
copied() { sed -nE 's/^ktest: ([0-9]+) files? copied to this node, [0-9]+ MiB$/\1/p' "$@" | awk '{ n += $1 } END { print n + 0 }'; }
# goes_on PATTERN: the run passed from the shared files, and one line says why.
goes_on() {
    says '^PASSED .*\(cold, ready'
    says "^ktest: no copies on this node, so the guest starts from the shared files: .*$1"
    [ "$(grep -cvE '^(ktest: kernel |PASSED )' "$sandbox/err")" = 1 ] || fail "stderr is not one line more"
    nothing_left
}

case_copied_once() { # though two runs begin together; templates are there, too, and a damaged copy is made anew
    local first second status=0 copy
    expect 0 ktest run --dry-run it
    [ -z "$(ls -A "$local_disk")" ] || fail "a dry run copies"
    (ktest run it) >"$sandbox/out" 2>"$sandbox/first" </dev/null &
    first=$!
    (ktest run it) >"$sandbox/out2" 2>"$sandbox/second" </dev/null &
    second=$!
    wait $first || status=$?
    wait $second || status=$?
    [ $status = 0 ] || fail "ended with $status: $(cat "$sandbox/first" "$sandbox/second")"
    whole_copies
    [ "$(copied "$sandbox/first" "$sandbox/second")" = "$(copies | wc -l)" ] \
        || fail "not copied once: $(cat "$sandbox/first" "$sandbox/second")"
    expect 0 ktest run it
    says '^PASSED .*\(template [0-9a-f]{4} '
    [ "$(copied "$sandbox/err")" = 0 ] || fail "copied again"
    [ -e "$cache"/templates/*/manifest.json ] || fail "no template in $cache/templates"
    [ ! -e "$home/.ktest/templates" ] || fail "something in $home/.ktest/templates"
    copy=$(find "$cache/files" -type f -size +1M -printf '%s %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-)
    printf 'damaged' | dd of="$copy" bs=1 seek=1024 conv=notrunc status=none
    expect 0 ktest run it
    says '^ktest: 1 file copied to this node'
    says '^PASSED .*\(template [0-9a-f]{4} ' # the same content is the same kind
    expect 0 ktest template list
    grep -q ' uses ' "$sandbox/out" || fail "ktest template list does not show the node's"
    whole_copies
    nothing_left
}

case_killed_while_copying() {
    local pid
    (exec env "${variables[@]}" "$KTEST" run it) >"$sandbox/out" 2>"$sandbox/err" </dev/null &
    pid=$!
    being_copied() { ! kill -0 $pid 2>/dev/null || ls -l /proc/$pid/fd 2>/dev/null | grep -qF -- "-> $cache/files/"; }
    eventually 60 being_copied || fail "nothing is copied"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    nothing_left
    expect 0 ktest run it
    whole_copies
    nothing_left
}

case_full_disk() {
    unshare -m true 2>/dev/null || skip "no mount namespaces here"
    export -f ktest
    export KTEST
    expect 0 env variables_text="$(declare -p variables)" unshare -m bash -c '
        eval "$variables_text"
        mount -t tmpfs -o size=2M,mode=0755 none "$0" && cd "$PWD" && ktest run it
        status=$?
        find "$0" -type f -size +4k >"$0.left"
        exit $status' "$local_disk"
    goes_on 'No space left on device'
    [ ! -s "$local_disk.left" ] || fail "left: $(cat "$local_disk.left")"
}

case_read_only() {
    unshare -m true 2>/dev/null || skip "no mount namespaces here"
    export -f ktest
    export KTEST
    expect 0 env variables_text="$(declare -p variables)" unshare -m bash -c '
        eval "$variables_text"
        mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$PWD" && ktest run it' "$local_disk"
    goes_on 'Read-only file system'
}

case_somebody_elses() {
    ln -s /tmp "$cache"
    expect 0 ktest run it
    goes_on "not a directory of yours alone .*: remove it"
    [ -L "$cache" ] || fail "the link is gone"
}

"case_$1"
