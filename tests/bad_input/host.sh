# A host that lacks something, or has it broken.
. "$(dirname "$0")/../sandbox.sh" || exit
write_test it 'echo MEM=256M'

# The home with an image or kernel of its own instead of the real one.
without() {
    local part
    for part; do rm "$home/.ktest/$part"; done
}

# read_only DIRECTORY COMMAND...: the command, with the directory as on a file system that is mounted read-only.
read_only() {
    local directory=$1
    shift
    if [ "$(id -u)" != 0 ]; then
        chmod -R a-w "$directory"
        "$@"
        set -- $?
        chmod -R u+w "$directory"
        return "$1"
    fi
    unshare -m true 2>/dev/null || skip "no mount namespaces here"
    export -f ktest
    variables_text=$(declare -p variables) unshare -m bash -c '
        eval "${variables_text}"
        mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$PWD" && "$@"' "$directory" "$@"
}
export KTEST

case_no_image() {
    without root
    [ ! -e /var/lib/ktest/root ] || skip "this machine has an image for everybody"
    expect 125 ktest run it
    says "^ktest: there is no root image \($home/.ktest/root or /var/lib/ktest/root\): make one with 'ktest image'"
    no_run_left
}

case_installation_not_whole() { # which is told before a kernel is built
    cp "$KTEST" "$sandbox/bin/ktest"
    KTEST=$sandbox/bin/ktest expect 125 ktest run -C "$work" it
    says '^ktest: ktest-init is neither in .*: this installation is not whole$'
    no_run_left
}

case_no_kernel() {
    without kernels
    [ ! -e "/boot/vmlinuz-$(uname -r)" ] || skip "this host's own kernel would be taken"
    expect 125 ktest run it
    says '^ktest: no kernel to boot: fetch one with ktest kernel get, or name one with -k'
    no_run_left
}

case_unknown_kernel() {
    expect 2 ktest run -k 9.9.9 it
    says "^ktest: no kernel '9.9.9': neither a file here nor in "
    no_run_left
}

case_default_kernel_gone() {
    without kernels
    mkdir "$home/.ktest/kernels"
    ln -s 9.9.9 "$home/.ktest/kernels/default"
    expect 125 ktest run it
    says '^ktest: .*/default: .*ktest kernel get --default'
    no_run_left
}

case_no_memory() { # for QEMU alone: ktest itself needs little
    need_image
    local qemu
    qemu=$(command -v qemu-system-x86_64) || skip "no QEMU"
    printf '%s\n' '#!/bin/bash' 'ulimit -v 600000' "exec $qemu \"\$@\"" >"$sandbox/bin/qemu-system-x86_64"
    chmod +x "$sandbox/bin/qemu-system-x86_64"
    variables+=("PATH=$sandbox/bin:$PATH")
    expect 125 ktest run -m 1G it
    unavailable 'QEMU .*([Cc]annot allocate memory|killed by signal)'
    nothing_left
}

case_kernel_is_rubbish() {
    head -c 100000 /dev/urandom >kernel
    expect 2 ktest run -k ./kernel it
    says '^ktest: .*/kernel: not a kernel: neither a bzImage nor a vmlinux'
    no_run_left
}

case_kernel_is_cut_short() { # the header is whole, the rest is not there
    need_image
    local image
    image=$(echo "$home"/.ktest/kernels/default/boot/vmlinuz-*)
    head -c 3000000 "$image" >vmlinuz
    expect 125 ktest run -k ./vmlinuz it
    says '^ktest: .*/vmlinuz: the end of the kernel is missing \(3000000 of '
    no_run_left
    nothing_left
}

case_image_is_rubbish() {
    need_image
    head -c 1000000 /dev/urandom >image
    expect 125 ktest run -i image it
    says "^ktest: image: not an ext4 image: make one with 'ktest image --force' or 'create_vm_image image'"
    no_run_left
}

case_image_is_cut_short() {
    need_image
    head -c 1000000 "$home/.ktest/root" >image
    expect 125 ktest run -i image it
    says '^ktest: image: the end of the image is missing \(1000000 bytes are there\)'
    no_run_left
}

case_image_is_damaged() { # the superblock is good, what it describes is not there
    need_image
    truncate -s "$(stat -L -c %s "$home/.ktest/root")" image
    dd if="$home/.ktest/root" of=image bs=4096 count=1 conv=notrunc status=none
    expect 3 ktest run -i image it
    says '^CRASHED .*init: '
    nothing_left
}

case_initramfs_is_cut_short() { # in the cache, by whatever has happened to the disk
    need_image
    variables+=("XDG_CACHE_HOME=$sandbox/cache")
    expect 0 ktest run it
    local cached
    cached=$(echo "$sandbox"/cache/ktest/initramfs/*.cpio)
    truncate -s 100000 "$cached"
    expect 0 ktest run it
    nothing_left
}

case_cache_cannot_be_written() {
    need_image
    echo file >"$sandbox/cache"
    variables+=("XDG_CACHE_HOME=$sandbox/cache")
    expect 125 ktest run it
    says "^ktest: $sandbox/cache/ktest.*: Not a directory"
    no_run_left
}

case_home_unset() {
    expect 2 env -u HOME "$KTEST" run it
    says '^ktest: HOME is not set to an absolute path'
    no_run_left
}

case_home_missing() {
    variables+=("HOME=$sandbox/nowhere")
    [ ! -e /var/lib/ktest/root ] || skip "this machine has an image for everybody"
    expect 125 ktest run it
    says '^ktest: (no kernel to boot|there is no root image)'
    no_run_left
}

case_home_read_only() {
    need_image
    rm "$home"/.ktest/{id,guest}_ed25519{,.pub} 2>/dev/null
    expect 0 read_only "$home" ktest run it
    says '^PASSED '
    nothing_left
}

case_working_directory_read_only() {
    need_image
    expect 0 read_only "$work" ktest run it
    says "^ktest: .*: the files of this run are in $runtime/ktest/out/it/"
    says '^PASSED '
    no_run_left
    nothing_left
}

case_output_cannot_be_written() { # -o was meant, so nothing else serves
    need_image
    echo file >taken
    expect 125 ktest run -o taken it
    says '^ktest: .*/taken/it: Not a directory'
    nothing_left
}

case_result_cannot_be_written() { # the verdict is told, the missing result too
    need_image
    expect 125 ktest run --json nowhere/result.json it
    says '^ktest: nowhere/result.json: No such file or directory'
    says '^UNAVAILABLE .*: it passed, but its results could not be written'
    nothing_left
}

case_result_to_a_device() {
    need_image
    expect 0 ktest run --json /dev/stdout --junit /dev/null it
    grep -q '"verdict": *"passed"' "$sandbox/out" || fail "no result on stdout"
    grep -q '^TEST SUCCESS' "$sandbox/out" || fail "no output on stdout"
    [ -c /dev/null ] || fail "/dev/null is gone"
    nothing_left
}

case_two_runs_in_one_directory() {
    need_image
    local other status=0
    ktest run it >other.out 2>&1 &
    other=$!
    expect 0 ktest run it
    wait $other || status=$?
    [ $status = 0 ] || fail "the other ended with $status"
    [ "$(ls -d .ktest/out/it/2*/result.json | wc -l)" = 2 ] || fail "not two results"
    nothing_left
}

case_long_runtime_directory() { # longer than the path of a socket may be
    need_image
    local long
    long=$sandbox/$(printf 'long%.0s' $(seq 25))
    mkdir -m 700 "$long"
    variables+=("XDG_RUNTIME_DIR=$long")
    expect 0 ktest run it
    nothing_left
}

case_runtime_directory_open_to_others() {
    mkdir -m 777 "$runtime/ktest"
    chmod 777 "$runtime/ktest"
    expect 125 ktest run it
    says "^ktest: $runtime/ktest: not a directory of yours alone \(mode 0700\): remove it"
    no_run_left
}

case_spaces_and_quotes() { # in every name there is
    need_image
    local odd="$sandbox/it's a \"place\", \$(touch hacked) & 100%"
    mkdir "$odd" "$odd/run"
    chmod 700 "$odd/run"
    mv "$home" "$odd/home"
    mv "$scratch" "$odd/scratch"
    home=$odd/home scratch=$odd/scratch runtime=$odd/run
    ln -sfn "$scratch" "$home/.ktest/tmp"
    variables+=("HOME=$home" "XDG_RUNTIME_DIR=$runtime")
    mkdir "$odd/work"
    cd "$odd/work"
    write_test "a 'test', \"so\" \$(touch hacked)" 'echo MEM=256M' 'echo SCRATCH=10M' "echo 'REQUIRE=\"some data\"'"
    echo data >'some data'
    sed -i 's|^echo "TEST|grep -q data "/cdrom/some data" \&\& echo "argument <$1>" \&\& &|' ./a*
    expect 0 ktest run "a 'test', \"so\" \$(touch hacked)" -- "it's \$(hacked)"
    grep -qF "argument <it's \$(hacked)>" "$sandbox/out" || fail "the argument was changed"
    [ ! -e hacked ] || fail "a name was evaluated"
    sh -n .ktest/out/*/latest/qemu.sh || fail "qemu.sh is no script"
    nothing_left
}

"case_$1"
