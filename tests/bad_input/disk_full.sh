# The host's disk is full: the run says so and ends at once, whatever the guest makes of it.
. "$(dirname "$0")/../sandbox.sh" || exit
need_image
unshare -m true 2>/dev/null || skip "no mount namespaces here"

# on_small_disk DIRECTORY SIZE COMMAND...: the command, with a file system of that size on the directory.
on_small_disk() {
    export -f ktest
    export KTEST
    variables_text=$(declare -p variables) unshare -m bash -c '
        eval "$variables_text"
        mount -t tmpfs -o "size=$1" tmpfs "$0" && cd "$PWD" && "${@:2}"
        status=$?
        cp -r .ktest "$0/../kept" 2>/dev/null
        exit $status' "$@"
}

case_scratch() { # while the guest writes its scratch disk
    write_test it 'echo MEM=256M' 'echo SCRATCH=1G'
    sed -i 's/^echo "TEST/dd if=\/dev\/zero of=\/dev\/vda bs=1M count=500 oflag=direct; &/' it
    expect 125 on_small_disk "$scratch" 20M ktest run it
    unavailable "the host's disk is full: the guest cannot write to scratch0"
    nothing_left
}

case_too_large() { # what the guest writes, for a limit of QEMU's
    write_test it 'echo MEM=256M' 'echo SCRATCH=1G'
    sed -i 's/^echo "TEST/echo begun; dd if=\/dev\/zero of=\/dev\/vda bs=1M seek=100 oflag=direct; &/' it
    trap '' XFSZ
    ktest run it >"$sandbox/out" 2>"$sandbox/err" </dev/null &
    local run=$! pid
    eventually 120 grep -q begun "$sandbox/out" || fail "the test did not begin"
    for pid in $(left_processes); do
        [[ $(cat "/proc/$pid/comm") != qemu-system* ]] || prlimit --fsize=$((64 << 20)) --pid "$pid" || fail "no limit"
    done
    wait $run
    unavailable "the host's disk fails: the guest cannot write to scratch0-disk: File too large"
    nothing_left
}

case_root() { # while the guest writes its root file system
    write_test it 'echo MEM=256M'
    sed -i 's/^echo "TEST/dd if=\/dev\/zero of=\/var\/filler bs=1M count=500 oflag=direct; &/' it
    expect 125 on_small_disk "$scratch" 20M ktest run it
    unavailable "the host's disk is full: the guest cannot write to root"
    nothing_left
}

case_payload() { # before there is a guest
    write_test it 'echo MEM=256M' 'echo REQUIRE=data'
    head -c 3000000 /dev/urandom >data
    expect 125 on_small_disk "$scratch" 1M ktest run it
    unavailable 'No space left on device'
    nothing_left
}

case_output() { # for test.log: what was written is kept
    printf '%s\n' '#!/bin/sh' 'if [ "$1" = deps ]; then echo MEM=256M; exit; fi' \
        'yes | head -c 30000000; echo TEST SUCCESS' >it
    chmod +x it
    mkdir .ktest
    expect 125 on_small_disk "$work/.ktest" 2M ktest run it
    says '^UNAVAILABLE .*test.log: .*No space left on device'
    says '^ktest: .*result.json: No space left on device'
    nothing_left
}

case_dump() { # the verdict is told, the missing dump too
    write_test it 'echo MEM=256M'
    sed -i 's|^echo "TEST.*|echo c >/proc/sysrq-trigger|' it
    mkdir .ktest
    expect 3 on_small_disk "$work/.ktest" 4M ktest run --dump it
    says "^ktest: no dump of the guest's memory: .*(No space left on device|write)"
    says '^CRASHED .*sysrq triggered crash'
    nothing_left
}

case_cache() {
    mkdir "$sandbox/cache"
    variables+=("XDG_CACHE_HOME=$sandbox/cache")
    write_test it 'echo MEM=256M'
    expect 125 on_small_disk "$sandbox/cache" 1M ktest run it
    says '^ktest: .*No space left on device'
    no_run_left
}

"case_$1"
