# What the kernel reports when it is made to err in each way that it can be made to: no success excuses it, and the
# verdict names the function. KASAN's and UBSAN's words need a kernel that has them: TREE_WITH=kasan,ubsan.
. "$(dirname "$0")/tree.sh" || exit
[ -n "${TREE_WITH:-}" ] || need_kernel # with them a kernel is built when it is run
test=$tree_tests/guest/faults

# judged FAULT STATUS VERDICT TITLE
judged() {
    echo "$1"
    expect "$2" in_tree "${with[@]}" "$test" "$1"
    says "^$3 faults\.$1 on "
    says "$4"
}
with=()

case_at_once() {
    judged none 0 PASSED "in test|PASSED"
    judged WARNING 1 FAILED "splat: WARNING.* lkdtm_WARNING"
    says 'drivers/misc/lkdtm/bugs\.c:[0-9]+: error: '
    judged BUG 1 FAILED "splat: kernel BUG .*lkdtm_BUG"
    judged EXCEPTION 1 FAILED "splat: .*(NULL pointer dereference|general protection fault).*lkdtm_EXCEPTION"
    judged REFCOUNT_INC_ZERO 1 FAILED "splat: .*refcount_t"
    judged SPINLOCKUP 1 FAILED "splat: .*lock held when returning to user space"
    judged PANIC 3 CRASHED "kernel panic: dumptest"
    nothing_left
}

case_stands_still() {
    judged SOFTLOCKUP 1 FAILED "splat: .*soft lockup.*lkdtm_SOFTLOCKUP"
    judged RCU_STALL 1 FAILED "splat: .*stall"
    judged HUNG_TASK 1 FAILED "splat: .*(hung|blocked)"
    nothing_left
}

case_sanitizers() {
    [ -n "${TREE_WITH:-}" ] || skip "only with TREE_WITH=kasan,ubsan: such a kernel takes a quarter of an hour to build"
    with=(--with "$TREE_WITH")
    variables+=(KTEST_FAULTS_MEM=1G)
    judged WRITE_AFTER_FREE 1 FAILED "splat: BUG: KASAN: .*use-after-free in lkdtm_WRITE_AFTER_FREE"
    judged SLAB_FREE_DOUBLE 1 FAILED "splat: BUG: KASAN: .*double-free"
    judged ARRAY_BOUNDS 1 FAILED "splat: UBSAN: .*array-index-out-of-bounds"
    case_stands_still
    case_at_once
}

"case_$1"
