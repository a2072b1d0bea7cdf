# One command in a fresh source tree builds its kernel and tests it, from within drivers/md: all other cases need that
# kernel. $SOURCE is the distribution's tarball.
. "$(dirname "$0")/tree.sh" || exit

case_kernel() {
    [ -e "${SOURCE:-}" ] || skip "no source of Linux (apt-get install linux-source-6.1)"
    command -v make-bcache >/dev/null || [ -x /usr/sbin/make-bcache ] || skip "no make-bcache (apt-get install bcache-tools)"
    if [ ! -e "$TREE/Makefile" ]; then
        local unpacked
        unpacked=$(mktemp -d "$TREE.XXXXXX")
        tar -xf "$SOURCE" -C "$unpacked" --strip-components 1 || fail "$SOURCE cannot be unpacked"
        mv -T "$unpacked" "$TREE"
    fi
    cd "$TREE/drivers/md" || exit
    expect 0 ktest run "$examples/bcache"
    says '^PASSED bcache on 6\.[^ ]+ \([^ ]*\.ktest\) '
    grep -qx 'read back from the backing devices alone' "$sandbox/out" || fail "the test's output is missing"
    [ -s "$build/build.log" ] || fail "no build.log"
    nothing_left
}

"case_$1"
