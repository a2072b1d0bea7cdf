# What runs on the kernel that was built.
. "$(dirname "$0")/tree.sh" || exit
need_kernel
guest=$tree_tests/guest

case_bcache_of_2013() {
    expect 0 in_tree "$guest/bcache_2013"
    grep -qx 'TEST SUCCESSFUL' "$sandbox/out" || fail "it did not say so"
    grep -qx 'bcache debugging: 1' "$sandbox/out" || fail "without BCACHE_DEBUG"
    grep -qE '^lock classes of bcache: [1-9]' "$sandbox/out" || fail "without lockdep"
    nothing_left
}

case_selftests() {
    rm -f "$build"/tools/testing/selftests/{size/get_size,timers/valid-adjtimex}
    expect 0 in_tree "$guest/selftests"
    grep -q '^ok 1 get runtime memory use' "$sandbox/out" || fail "no output of get_size"
    # A second time they are there.
    expect 0 in_tree "$guest/selftests"
    ! grep -E ' (CC|LD) |gcc' "$build/tools.log" || fail "they were built again"
    sed 's/valid-adjtimex/valid-nothing/' "$guest/selftests" >lacks
    chmod +x lacks
    expect 2 in_tree ./lacks
    says '^ktest: .*lacks:deps:?[0-9]*: LREQUIRE: tools/testing/selftests/timers/valid-nothing: '
    expect 125 in_tree --bisect ./lacks
    nothing_left
}

"case_$1"
