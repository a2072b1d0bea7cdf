# Places where nothing can be built, and builds that are interrupted.
. "$(dirname "$0")/tree.sh" || exit
[ -e "$TREE/Makefile" ] || skip "Linux is not unpacked in $TREE"

case_no_tree() {
    expect 2 ktest run -C "$work" "$examples/hello"
    says "^ktest: -C $work: not a Linux source tree, nor a directory that one was built in$"
    expect 2 ktest run -C "$work/nowhere" "$examples/hello"
    says "^ktest: $work/nowhere: No such file or directory$"
    expect 2 ktest run --with kasan "$examples/hello"
    says '^ktest: .*--with.* are for a Linux source tree'
    expect 2 ktest oldconfig
    says '^ktest: not in a Linux source tree'
    no_run_left
}

case_no_compiler() {
    variables+=(CC=nosuch)
    expect 125 in_tree "$examples/hello"
    says '^ktest: nosuch is not installed'
    no_run_left
}

# A tree that was built in place, by its looks: all that is to be built is there.
in_place() {
    need_kernel
    mkdir -p linux/{scripts/kconfig,arch/x86/boot,include/config,drivers/md}
    printf '%s\n' 'VERSION = 6' 'PATCHLEVEL = 1' 'SUBLEVEL = 0' 'EXTRAVERSION =' 'all: ; @echo "  CC      all"' >linux/Makefile
    touch linux/{Kconfig,Kbuild}
    cp "$build/.config" linux/.config
    ln -s "$build/vmlinux" linux/vmlinux
    cp "$build/modules.builtin" "$build/modules.builtin.modinfo" linux/
    cp "$build/include/config/kernel.release" linux/include/config/
}

case_in_place() {
    in_place
    cd linux/drivers/md || exit
    expect 0 ktest run "$examples/hello"
    says '^PASSED hello on [^ ]+ \(linux\) '
    grep -q '^  CC      all$' "$work/linux/.ktest/build.log" || fail "nothing was built in place"
    cmp -s "$build/.config" "$work/linux/.config" || fail ".config was changed"
    expect 2 ktest run --config NOSUCH "$examples/hello"
    says "^ktest: $work/linux/.config: lacks NOSUCH \(is not set\)\. This tree was built in place, and ktest never changes its \.config"
    expect 2 ktest run --build-dir "$work/other" "$examples/hello"
    says "^ktest: --build-dir $work/other: $work/linux was built \(or configured\) in place, and Linux then takes no other directory: say 'make mrproper' there"
    [ ! -e "$work/other" ] || fail "other was made"
    [ -e "$work/linux/vmlinux" ] || fail "something was cleaned"
    nothing_left
}

case_read_only_tree() {
    local fixed="mount --bind '$TREE' '$TREE'; mount -o remount,bind,ro '$TREE'"
    expect 125 mounted "$fixed" in_tree --build-dir "$TREE/.other" "$examples/hello"
    says "^ktest: $TREE/.other: Read-only file system: name another place with --build-dir$"
    # All that needs the source, and is quick: the tools that configure it, the first .config, generated headers.
    expect 0 mounted "$fixed" ktest oldconfig -C "$TREE" --build-dir "$work/other"
    grep -qx CONFIG_PROVE_LOCKING=y other/.config || fail "no .config of ktest's"
    nothing_left
}

case_disk_full() {
    mkdir small
    local small="mount -t tmpfs -o size=6M tmpfs '$work/small'"
    expect 125 mounted "$small" in_tree --build-dir "$work/small" "$examples/hello"
    says 'No space left on device'
    expect 255 mounted "$small" in_tree --build-dir "$work/small" --bisect "$examples/hello"
    no_run_left
    nothing_left
}

case_interrupted() {
    # Ctrl-C reaches every process of the foreground.
    set -m
    env "${variables[@]}" "$KTEST" run -C "$TREE" --build-dir "$work/other" "$examples/hello" </dev/null >"$sandbox/out" 2>"$sandbox/err" &
    local run=$! status=0
    set +m
    eventually 120 grep -qs '^  CC ' other/build.log || fail "nothing is built"
    kill -INT -- "-$run"
    wait $run || status=$?
    [ $status = 130 ] || fail "ended with $status"
    nothing_left
    no_run_left
}

"case_$1"
