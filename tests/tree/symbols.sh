# Reports of the kernel that was built, and the lines of its source that they point to.
. "$(dirname "$0")/tree.sh" || exit
need_kernel

# line FILE TEXT: the number of the line of the source that has it.
line() { grep -nF -- "$2" "$TREE/$1" | head -n 1 | cut -d: -f1; }
shows() { grep -qE -- "$1" "$sandbox/out" || fail "it does not show '$1'"; }

# A module's warning in a function that is thrown away after the start, from one that is inlined there; then a panic.
case_reports() {
    local module=lib/crc4.c
    change $module
    cat - >>"$TREE/$module" <<'END'
#include <linux/init.h>
static __always_inline void complain(void)
{
	WARN_ON(crc4(0, 1, 4)); /* inlined */
}
static int __init start(void)
{
	complain(); /* not inlined */
	return 0;
}
module_init(start);
END
    write_test it 'echo MEM=256M' 'echo CONFIG=CRC4=m'
    sed -i 's/^echo "TEST SUCCESS"/modprobe crc4; echo c >\/proc\/sysrq-trigger/' it
    expect 3 in_tree --cold it
    says "^$TREE/$module:$(line $module '/* not inlined'): error: WARNING: " # the first report is the cause
    grep -q '"symbolised": ".*(drivers/tty/sysrq.c:[0-9]*)' .ktest/out/it/latest/result.json || fail "not in result.json"
    cp .ktest/out/it/latest/console.log console.log

    cd "$TREE" || exit
    expect 3 ktest splat --vmlinux .ktest/vmlinux "$work/console.log"
    shows "^WARNING: .* (start|init_module)\+0x[0-9a-f]+/0x[0-9a-f]+ \[crc4\] \(lib/crc4.c:$(line $module '/* not inlined')\)$"
    shows "^ +in complain \(lib/crc4.c:$(line $module '/* inlined')\)$"
    shows "^ *(\? )?do_one_initcall\+0x[0-9a-f]+/0x[0-9a-f]+ \(init/main.c:[0-9]+\)$"
    shows "^lib/crc4.c:$(line $module '/* not inlined'): error: WARNING: "
    # The call of panic() is the function's last instruction: what follows it is another function, or nothing.
    shows "^ *sysrq_handle_crash\+0x[0-9a-f]+/0x[0-9a-f]+ \(drivers/tty/sysrq.c:$(line drivers/tty/sysrq.c 'panic("sysrq triggered crash')\)$"
    shows "^drivers/tty/sysrq.c:$(line drivers/tty/sysrq.c 'panic("sysrq triggered crash'): error: Kernel panic "
    [ ! -s "$sandbox/err" ] || fail "something was not found"

    # From elsewhere the source is named so that it can be opened; another kernel's report is left alone.
    cd "$work" || exit
    expect 3 ktest splat --vmlinux "$build/vmlinux" console.log
    shows "^$TREE/drivers/tty/sysrq.c:[0-9]+: error: "
    sed 's/\(Comm: .*\) #[0-9]*/\1 #9999/; /Linux version/d' console.log >other.log
    expect 3 ktest splat --vmlinux "$build/vmlinux" other.log
    says "^ktest: $build/vmlinux: is .* #[0-9]+, not the .* #9999 of the report"
    ! grep -qF 'sysrq.c:' "$sandbox/out" || fail "it was looked up"
}

"case_$1"
