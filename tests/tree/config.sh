# Options that a test asks for and this tree does not give: refused before anything is built.
. "$(dirname "$0")/tree.sh" || exit

# refused PATTERN ARGUMENTS...: a usage error, and what was built stays as it was.
refused() {
    need_kernel
    local pattern=$1 before
    shift
    before=$(cat "$build/.config")
    expect 2 in_tree "$@"
    says "$pattern"
    [ "$(cat "$build/.config")" = "$before" ] || fail ".config was changed"
    [ -z "$(find "$build" -maxdepth 1 -name '.config.ktest*')" ] || fail "left: $(ls -A "$build")"
    no_run_left
    nothing_left
}

case_unknown() {
    write_test it 'echo MEM=256M' 'echo CONFIG=NOSUCH=y'
    refused '^ktest: CONFIG: NOSUCH=y did not stick: this tree has no option NOSUCH$' it
    expect 125 in_tree --bisect it
}
case_misspelt() {
    refused '^ktest: CONFIG: BCACE did not stick: this tree has no option BCACE \(did you mean BCACHE\?\)$' \
        --config BCACE "$examples/hello"
}
case_unmet() {
    refused '^ktest: CONFIG: USB_STORAGE did not stick: depends on .*USB, which is not set.* \(drivers/usb/storage/Kconfig:[0-9]+\)$' \
        --config USB_STORAGE "$examples/hello"
}
case_selected() {
    refused '^ktest: CONFIG: CRC32=n did not stick: it is selected by [A-Z0-9_, ]+ \(lib/Kconfig:[0-9]+\)$' \
        --config CRC32=n "$examples/hello"
}
case_no_module() {
    refused '^ktest: CONFIG: PROVE_LOCKING=m did not stick: it is a bool: y or n \(lib/Kconfig.debug:[0-9]+\)$' \
        --config PROVE_LOCKING=m "$examples/hello"
}
case_of_a_choice() {
    refused '^ktest: CONFIG: PREEMPT(_NONE)? did not stick: it is one of a choice, and PREEMPT(_NONE)? is chosen \(kernel/Kconfig.preempt:[0-9]+\)$' \
        --config PREEMPT,PREEMPT_NONE "$examples/hello"
}
case_conflicting() {
    write_test it 'echo MEM=256M' 'echo CONFIG=BCACHE=y'
    refused '^ktest: CONFIG: BCACHE=. and BCACHE=. cannot both be$' --config BCACHE=n it
}
case_of_the_guest() {
    refused '^ktest: CONFIG: VIRTIO_BLK=n clashes with VIRTIO_BLK \(the guest of ktest\)$' \
        --config VIRTIO_BLK=n "$examples/hello"
}

# A kernel that is not ours to build has what it has.
case_prebuilt() {
    write_test it 'echo MEM=256M' 'echo CONFIG=BCACHE=y'
    expect 77 ktest run -k default it
    says '^SKIPPED it on .*: the kernel lacks CONFIG BCACHE=y \(is m\)$'
    expect 1 ktest run -k default --strict it
    says '^FAILED it on .*: the kernel lacks CONFIG BCACHE=y \(is m\)$'
    [ ! -s .ktest/out/it/latest/console.log ] || fail "it was booted"
    expect 125 ktest run -k default --bisect it
    expect 0 ktest run -k default --config BCACHE "$examples/hello"
    nothing_left
}

"case_$1"
