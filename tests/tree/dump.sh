# The memory of a guest that has gone, and what a program for that reads from it.
. "$(dirname "$0")/tree.sh" || exit

case_crash() {
    need_kernel
    command -v crash >/dev/null || skip "no crash (apt-get install crash)"
    expect 3 in_tree --dump "$tree_tests/guest/panics"
    says '^CRASHED panics on .*: in test: kernel panic: sysrq triggered crash'
    local core=.ktest/out/panics/latest/vmcore pid
    pid=$(sed -n 's/^pid //p' "$sandbox/out")
    says "the guest's memory is in .*/vmcore$"
    grep -q '"vmcore"' .ktest/out/panics/latest/result.json || fail "result.json does not name it"
    printf '%s\n' sys set bt quit | command crash -s "$build/vmlinux" "$core" >crash.out 2>crash.err \
        || fail "crash cannot open it: $(cat crash.out crash.err)"
    grep -qE 'PANIC: .*sysrq triggered crash' crash.out || fail "no panic: $(cat crash.out)"
    grep -qE "^ *PID: $pid\$" crash.out || fail "not the task that panicked, $pid: $(cat crash.out)"
    grep -qE 'COMMAND: "?panics' crash.out || fail "no name of the task: $(cat crash.out)"
    grep -q 'sysrq_handle_crash' crash.out || fail "no backtrace: $(cat crash.out)"
    nothing_left
}

case_hang() { # which task waits
    need_kernel
    command -v crash >/dev/null || skip "no crash (apt-get install crash)"
    write_test stands 'echo MEM=256M'
    sed -i 's|^echo "TEST.*|fsfreeze -f / \&\& touch /new|' stands
    expect 124 in_tree --dump -t 5 stands
    says '^TIMED OUT stands on .*after 5 s; blocked in the kernel: touch'
    local core=.ktest/out/stands/latest/vmcore
    says "the guest's memory is in .*/vmcore$"
    # The kernel's own list: crash's finds few tasks of a small 6.1.
    printf '%s\n' 'list task_struct.tasks -s task_struct.__state,pid,comm -h init_task' quit | command crash -s "$build/vmlinux" "$core" >crash.out 2>crash.err \
        || fail "crash cannot open it: $(cat crash.out crash.err)"
    local pid state
    pid=$(sed -nE 's/.*blocked in the kernel: touch \(pid ([0-9]+)\).*/\1/p' "$sandbox/err" | head -n 1)
    state=$(grep -B2 '^  comm = "touch\\' crash.out | tr -d ' \n')
    [ "$state" = "__state=2,pid=$pid,comm=\"touch$(printf '\\000%.0s' {1..10})\"," ] \
        || fail "not the task that waits, $pid: $state in $(cat crash.out)"
    nothing_left
}

"case_$1"
