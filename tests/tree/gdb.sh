# A debugger on the kernel of a running VM that nobody prepared for it; the test passes afterwards.
. "$(dirname "$0")/tree.sh" || exit
waits=$tree_tests/guest/waits

# running ARGUMENTS...: a VM whose test goes on until `go`.
running() {
    ktest run "$@" "$waits" </dev/null >"$sandbox/run.out" 2>"$sandbox/run.err" &
    run=$!
    eventually 120 grep -qx running "$sandbox/run.out" || fail "the test does not run: $(cat "$sandbox/run.err")"
}
# The guest may be gone before sshd has told how the command ended: the run's own end says whether it came.
go() {
    local status=0
    ktest ssh -- touch /tmp/go 2>"$sandbox/go.err" || true
    wait "$run" || status=$?
    [ $status = 0 ] || fail "the run ended with $status: $(cat "$sandbox/run.err" "$sandbox/go.err")"
    grep -q '^PASSED waits on ' "$sandbox/run.err" || fail "no verdict: $(cat "$sandbox/run.err")"
    nothing_left
}
shows() { grep -qE -- "$1" "$sandbox/out" || fail "gdb does not show '$1'"; }

case_kgdb() {
    need_kernel
    running -C "$TREE" --config CRC4=m
    expect 0 ktest gdb -- -batch -ex bt -ex 'info symbol crc4' -ex 'print init_task.comm' -ex 'lx-version'
    shows '^#0 +(0x[0-9a-f]+ in )?(arch_kgdb_breakpoint|kgdb_breakpoint) \(.*\) at .*/kernel/debug/debug_core.c:[0-9]+'
    shows '^#[0-9]+ .* in __handle_sysrq \(.*\) at .*drivers/tty/sysrq.c:[0-9]+'
    shows '^crc4 in section \.text of .*/lib/crc4\.ko'
    shows '"swapper'
    shows '^Linux version 6\.'
    # It goes on, and can be stopped again.
    expect 0 ktest gdb -- -batch -ex bt
    shows ' in __handle_sysrq '
    go
}

case_stub() {
    need_kernel
    running -C "$TREE"
    # It may stop anywhere, in the test itself; from there it comes to where the test sleeps.
    expect 0 ktest gdb --qemu -- -batch -ex bt -ex 'hbreak do_nanosleep' -ex continue -ex bt -ex 'print init_task.comm'
    shows '^#0 .*do_nanosleep \(.*\) at .*kernel/time/hrtimer.c:[0-9]+'
    shows '^#[0-9]+ .*do_syscall_64 \(.*\) at .*arch/x86/entry/common.c:[0-9]+'
    shows '"swapper'
    expect 0 ktest gdb --qemu -- -batch -ex 'info threads'
    shows 'Thread 1\.1'
    go
}

# A guest that a debugger holds for longer than the test may take has not taken it.
case_clock() {
    need_kernel
    running -C "$TREE" -t 40
    expect 0 ktest gdb --qemu -- -batch -ex 'shell sleep 45'
    go
}

case_distribution() {
    running -k default
    expect 0 ktest gdb --qemu -- -batch -ex 'info registers rip'
    says '^ktest: no vmlinux is known for this kernel: gdb shows no symbols$'
    shows '^rip +0x[0-9a-f]+'
    expect 0 ktest gdb -- -batch -ex 'info registers rip'
    says '^ktest: this kernel has no kgdb \(CONFIG_KGDB_SERIAL_CONSOLE\): QEMU.s stub serves$'
    go
}

"case_$1"
