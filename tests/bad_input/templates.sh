# Templates that are bad, or cannot be made: each time the guest boots, one line says why, and the bad one is gone.
. "$(dirname "$0")/../sandbox.sh" || exit
need_image
write_test it 'echo MEM=256M' 'echo CPUS=1'
templates=$home/.ktest/templates

cold() {
    expect 0 ktest run it
    says '^PASSED .*\(cold, ready'
}
warm() {
    expect 0 ktest run it
    says '^PASSED .*\(template [0-9a-f]{4} [0-9]+ s, ready'
}
# one_note PATTERN: beside the kernel's announcement and the verdict, stderr is one line, and says this.
one_note() {
    says "$1"
    [ "$(grep -cvE '^(ktest: kernel |PASSED )' "$sandbox/err")" = 1 ] || fail "stderr is not one line more"
}
no_note() { ! grep -vE '^(ktest: kernel |PASSED )' "$sandbox/err" || fail "stderr says more"; }
made() { find "$templates" -name manifest.json | wc -l; }
made_is() { [ "$(made)" = "$1" ] || fail "there are $(made) templates, not $1: $(find "$templates")"; }
file() { echo "$templates"/*/"$1"; }
template() { # the first two runs
    cold
    no_note
    made_is 0
    warm
    no_note
    made_is 1
}
# spoiled PATTERN: with a template that is not what was saved.
spoiled() {
    cold
    one_note "^ktest: the template cannot be used, so the guest boots: .*$1"
    made_is 0
    warm
    nothing_left
}

case_state_cut_short() {
    template
    truncate -s -1000 "$(file state)"
    spoiled 'its state is not what was saved'
}
case_state_changed() {
    template
    printf '\0' | dd of="$(file state)" bs=1 seek=5000 conv=notrunc status=none
    spoiled 'its state is not what was saved'
}
case_memory_cut_short() {
    template
    truncate -s 100M "$(file memory)"
    spoiled 'its memory is not what was saved'
}
case_memory_changed() {
    template
    echo rubbish | dd of="$(file memory)" bs=4096 seek=3000 conv=notrunc status=none
    spoiled 'its memory is not what was saved'
}
case_root_gone() {
    template
    rm "$(file root.qcow2)"
    spoiled 'root.qcow2: No such file'
}
case_manifest_of_rubbish() {
    template
    head -c 1000 /dev/urandom >"$(file manifest.json)"
    spoiled 'its memory is not what was saved'
}

# A QEMU that is not the one that saved it: another program, so another kind of guest.
case_another_qemu() {
    local qemu
    template
    qemu=$(command -v qemu-system-x86_64)
    printf '#!/bin/sh\nexec %s "$@"\n' "$qemu" >"$sandbox/bin/qemu-system-x86_64"
    chmod +x "$sandbox/bin/qemu-system-x86_64"
    variables+=("PATH=$sandbox/bin:$PATH")
    cold
    no_note
    made_is 1
    warm
    made_is 2
    sleep 0.01
    touch "$sandbox/bin/qemu-system-x86_64" # upgraded in place
    cold
}

# qemu_for_restores COMMAND...: a QEMU that does that instead of restoring.
qemu_for_restores() {
    local qemu
    qemu=$(command -v qemu-system-x86_64)
    printf '%s\n' '#!/bin/bash' 'case " $* " in *" -incoming "*)' '[ ! -e "$SICK" ] ||' "{ $*; };; esac" \
        "exec $qemu \"\$@\"" >"$sandbox/bin/qemu-system-x86_64"
    chmod +x "$sandbox/bin/qemu-system-x86_64"
    variables+=("PATH=$sandbox/bin:$PATH" "SICK=$sandbox/sick")
}
# sick PATTERN: the second time it does not wake up the template goes, and nothing is made for a while.
sick() {
    template
    touch "$sandbox/sick"
    cold
    one_note "^ktest: the guest restored from a template did not wake up.*$1.*: trying again"
    made_is 1
    cold
    one_note "^ktest: the guest restored from a template did not wake up.*$1.*: trying again"
    made_is 0
    rm "$sandbox/sick"
    cold
    no_note
    made_is 0
    nothing_left
}
case_qemu_refuses_to_restore() {
    qemu_for_restores 'echo "qemu: no such state" >&2; exit 1'
    sick 'no such state'
}
case_qemu_dies_while_it_restores() {
    qemu_for_restores 'kill -SEGV $$'
    sick ''
}
case_restored_guest_is_silent() { # QEMU answers nothing, and the guest neither
    qemu_for_restores "exec sleep 1000"
    sick ''
}

# What keeps any guest from starting is not the template's fault.
case_no_guest_starts() {
    qemu_for_restores 'echo "qemu: Cannot allocate memory" >&2; exit 1'
    sed -i 's/" -incoming "/" -name "/' "$sandbox/bin/qemu-system-x86_64"
    template
    local template
    template=$(file manifest.json)
    touch "$sandbox/sick"
    for _ in 1 2 3; do
        expect 125 ktest run it
        unavailable 'Cannot allocate memory'
    done
    rm "$sandbox/sick"
    [ -e "$template" ] || fail "the template is gone"
    nothing_left
}
case_port_is_taken() { # just before QEMU would have it: another slot's guest is restored
    qemu_for_restores 'rm "$SICK"; echo "qemu: Could not set up host forwarding rule" >&2; exit 1'
    template
    touch "$sandbox/sick"
    warm
    one_note "^ktest: somebody else took the slot's ssh port: trying again"
    made_is 1
    nothing_left
}

# Another machine than the one that was saved: QEMU itself refuses its state.
case_other_devices() {
    qemu_for_restores 'set -- "${@/pvpanic-pci/virtio-balloon-pci}"'
    sick ''
}

# on_small_disk SIZE COMMAND...: the command, with a file system of that size for templates.
on_small_disk() {
    unshare -m true 2>/dev/null || skip "no mount namespaces here"
    export -f ktest
    export KTEST
    mkdir -p "$templates"
    variables_text=$(declare -p variables) unshare -m bash -c '
        eval "$variables_text"
        mount -t tmpfs -o "size=$1,mode=0700" tmpfs "$0" && cp -r "$0.before/." "$0" && cd "$PWD" && "${@:2}"
        status=$?
        find "$0" -name manifest.json -o -size +1M >"$0.left"
        exit $status' "$templates" "$@"
}
case_disk_full_while_saving() { # which is nothing to the test, whatever it writes to its root
    sed -i 's/^echo "TEST/head -c 20M \/dev\/urandom >\/var\/filler; sync; &/' it
    cold
    cp -r "$templates" "$templates.before"
    expect 0 on_small_disk 30M ktest run it
    says '^PASSED .*\(cold, ready'
    one_note '^ktest: no template could be made: '
    [ ! -s "$templates.left" ] || fail "left: $(cat "$templates.left")"
    nothing_left
}

case_directory_read_only() {
    cold
    unshare -m true 2>/dev/null || skip "no mount namespaces here"
    export -f ktest
    export KTEST
    expect 0 env variables_text="$(declare -p variables)" unshare -m bash -c '
        eval "$variables_text"
        mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$PWD" && ktest run it' "$templates"
    says '^PASSED .*\(cold, ready'
    one_note '^ktest: no template: .*Read-only file system'
}
case_directory_is_a_file() {
    echo >"$templates"
    cold
    no_note
    cold
    no_note
}

being_made() { compgen -G "$templates/*/" >"$sandbox/being_made"; }
case_killed_while_saving() { # at several moments
    local moment pid
    cold
    for moment in 0 1 2 3 4; do
        (exec env "${variables[@]}" "$KTEST" run it) >"$sandbox/out" 2>"$sandbox/err" &
        pid=$!
        eventually 60 being_made || fail "nobody makes a template"
        sleep $moment
        kill -9 $pid 2>/dev/null
        wait $pid 2>/dev/null
        nothing_left
        [ "$(made)" = 1 ] || [ -z "$(find "$templates" -size +100k)" ] || fail "left: $(find "$templates" -size +100k)"
        rm -rf "$templates"/*/
    done
    warm
    made_is 1
}

case_two_that_miss_together() {
    local first second status=0
    cold
    (ktest run it) >"$sandbox/out" 2>"$sandbox/first" </dev/null &
    first=$!
    (ktest run it) >"$sandbox/out2" 2>"$sandbox/second" </dev/null &
    second=$!
    wait $first || status=$?
    wait $second || status=$?
    [ $status = 0 ] || fail "ended with $status: $(cat "$sandbox/first" "$sandbox/second")"
    made_is 1
    [ "$(cat "$sandbox/first" "$sandbox/second" | grep -c '^PASSED .*(template ')" -ge 1 ] || fail "nobody made one"
    ! grep -hvE '^(ktest: kernel |PASSED )' "$sandbox/first" "$sandbox/second" || fail "somebody complained"
    warm
    nothing_left
}

# A module that was broken and built anew breaks the next run: the guest is of another kind.
case_module_changed() {
    local kernel module
    kernel=$(readlink -f "$home/.ktest/kernels/default")
    rm "$home/.ktest/kernels"
    mkdir "$home/.ktest/kernels"
    cp -r "$kernel" "$home/.ktest/kernels/own"
    ln -s own "$home/.ktest/kernels/default"
    module=$(find "$home/.ktest/kernels/own/" -name 'bcache.ko*')
    [ -n "$module" ] || skip "the kernel has no bcache as a module"
    sed -i 's/^echo "TEST/modprobe bcache \&\& &/' it
    template
    head -c 10000 /dev/zero >"$module"
    expect 1 ktest run --no-hold it
    says '^FAILED .*\(cold, ready'
    expect 1 ktest run --no-hold it
    says '^FAILED .*\(template '
}

"case_$1"
