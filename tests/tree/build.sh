# What is built again, and what the guest then gets.
. "$(dirname "$0")/tree.sh" || exit
need_kernel

# with_start TEXT: what makes the module say so when it is loaded; of itself it has no start.
module=lib/crc4.c
with_start() {
    printf '%s\n' '#include <linux/init.h>' \
        "static int __init say_hello(void) { pr_info(\"crc4 says $1\\n\"); return 0; }" 'module_init(say_hello);'
}
write_module_test() {
    write_test it 'echo MEM=256M' 'echo CONFIG=CRC4=m'
    sed -i 's/^echo "TEST SUCCESS"/modprobe crc4 \&\& dmesg | grep -o "crc4 says.*" \&\& &/' it
}

case_nothing_changed() {
    expect 0 in_tree "$examples/hello"
    local before
    before=$(stat -c '%i %Y' "$build/vmlinux")
    expect 0 in_tree "$examples/hello"
    nothing_was_built
    # What asks for the configuration has the very same arguments.
    expect 0 ktest oldconfig -C "$TREE"
    expect 0 env "${variables[@]}" TERM=xterm python3 "$tree_tests/nconfig.py" "$KTEST" config -C "$TREE"
    expect 0 in_tree "$examples/hello"
    nothing_was_built
    [ "$(stat -c '%i %Y' "$build/vmlinux")" = "$before" ] || fail "vmlinux is another"
    nothing_left
}

case_one_file_touched() {
    expect 0 in_tree "$examples/hello"
    touch "$TREE/drivers/md/bcache/closure.c"
    # What is there is run as it is, and no file is made, nor the log of the last build emptied.
    cp "$build/build.log" before
    expect 0 in_tree --no-build "$examples/hello"
    cmp -s before "$build/build.log" || fail "--no-build changed build.log"
    expect 0 in_tree "$examples/hello"
    [ "$(steps '^  CC .*/closure.o$' | wc -l)" = 1 ] || fail "closure.c was not compiled: $(steps)"
    [ "$(steps '^  CC ' | wc -l)" -le 6 ] || fail "too much was compiled: $(steps '^  CC ')"
    [ "$(cat "$build/build.steps")" = "$(steps | wc -l)" ] || fail "build.steps: $(cat "$build/build.steps")"
}

case_module_changed() {
    write_module_test
    change $module
    local times
    for times in one two; do
        cat "$kept/$module" <(with_start $times) >"$TREE/$module"
        expect 0 in_tree it
        grep -qx "crc4 says $times" "$sandbox/out" || fail "the guest loaded another module"
    done
    [ -z "$(steps 'vmlinux|bzImage')" ] || fail "not only the module was built: $(steps)"
    [ "$(steps '^  (CC|LD) ' | wc -l)" -le 3 ] || fail "not only the module was built: $(steps)"
    nothing_left
}

case_compile_error() {
    write_module_test
    change $module
    local config
    config=$(md5sum <"$build/.config")
    echo 'int broken(void) { return no_such_thing; }' >>"$TREE/$module"
    expect 125 in_tree it
    local where
    where=$(grep -oE "^[^ ]+:[0-9]+:[0-9]+: error: .no_such_thing. undeclared" "$sandbox/err") || fail "no error of the compiler's"
    [ -e "${where%%:*}" ] || fail "${where%%:*} cannot be opened from here"
    says "^ktest: $TREE: it did not build \(make ended with status 2\); all that it said is in $build/build.log$"
    grep -q 'no_such_thing' "$build/build.log" || fail "build.log does not have the error"
    # A commit that does not build cannot tell.
    (cd "$TREE" && expect 125 ktest run --bisect "$work/it")
    (cd "$TREE" && says "^\./$module:[0-9]+:[0-9]+: error: ")
    [ "$(md5sum <"$build/.config")" = "$config" ] || fail ".config was changed"
    no_run_left
    nothing_left
}

# By hand: KTEST_ROUNDS=50 KTEST_SEED=1 ctest -R tree.build.killed
case_killed() { # at any moment of a build: nothing goes on, nothing is locked, and the next one is whole
    local rounds=${KTEST_ROUNDS:-4} round run
    RANDOM=${KTEST_SEED:-$$}
    echo "seed ${KTEST_SEED:-$$}"
    unset KTEST_ROUNDS KTEST_SEED
    expect 0 in_tree "$examples/hello"
    for round in $(seq "$rounds"); do
        touch "$TREE"/drivers/md/bcache/*.c "$TREE/lib/crc4.c"
        (exec env "${variables[@]}" "$KTEST" run -C "$TREE" "$examples/hello") >"$sandbox/out" 2>"$sandbox/err" &
        run=$!
        sleep $((RANDOM % 8)).$((RANDOM % 10))
        kill -KILL $run 2>/dev/null
        wait $run 2>/dev/null
        nothing_left 10
        [ $((round % 4)) != 0 ] || expect 0 in_tree "$examples/hello"
    done
    expect 0 in_tree "$examples/hello"
    says '^PASSED hello on '
    expect 0 in_tree "$examples/hello"
    nothing_was_built
    nothing_left
}

"case_$1"
