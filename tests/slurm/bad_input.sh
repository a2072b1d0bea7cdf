# What can be wrong with a cluster, and with what it is asked for.
. "$(dirname "$0")/cluster.sh" || exit
need_image
write_test it 'echo MEM=256M'

# unavailable_case PATTERN: ctest fails, in its output is the pattern, and the case is unavailable.
unavailable_case() {
    run_ctest 8 -V
    says_ctest "$1"
    says_ctest 'ktest: it: unavailable: '
    [ "$(launch_result it exit_status)" = 125 ] || fail "$(cat "$(launched it)/result.json")"
    no_job_left 60
    nothing_left 60
}

# n2_with DIRECTORY: n2 starts anew, with an empty and small file system of its own there.
n2_with() {
    kill -9 "${pids[n2]}"
    daemon n2 unshare --mount bash -c 'mount -t tmpfs -o size=8M none "$1" && exec slurmd -N n2 -D -f "$2"' \
        bash "$1" "$cluster/slurm.conf"
    eventually 30 idle_nodes 2 || fail "n2 does not come back"
}

# refused PATTERN OPTION...: a project that cannot be configured so.
refused() {
    printf '%s\n' 'cmake_minimum_required(VERSION 3.25)' 'project(sandbox NONE)' 'enable_testing()' \
        'find_package(ktest REQUIRED)' 'ktest_add_test(SCRIPT it)' >CMakeLists.txt
    rm -rf build
    expect 1 cmake -S . -B build -DCMAKE_PREFIX_PATH="$PREFIX" "${@:2}"
    tr -s ' \n' ' ' <"$sandbox/err" >"$sandbox/line"
    grep -qE -- "$1" "$sandbox/line" || fail "CMake does not say '$1': $(cat "$sandbox/err")"
}

case_options() {
    refused "KTEST_LAUNCHER 'slrum' is not known \(want slurm, ssh, or a command line\)" -DKTEST_LAUNCHER=slrum
    refused 'KTEST_LAUNCHER is slurm, and there is no srun' -DKTEST_LAUNCHER=slurm \
        -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=FALSE -DCMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH=FALSE \
        "-DCMAKE_MAKE_PROGRAM=$(command -v ninja)"
    refused 'KTEST_LAUNCHER_CANCEL is for a command line' -DKTEST_LAUNCHER=slurm '-DKTEST_LAUNCHER_CANCEL=scancel x'
    refused 'KTEST_LAUNCHER_ARGS are for slurm' '-DKTEST_LAUNCHER=nice -n 1' -DKTEST_LAUNCHER_ARGS=--partition=x
    refused 'KTEST_LAUNCHER_ARGS is set, and KTEST_LAUNCHER is not' -DKTEST_LAUNCHER_ARGS=--partition=x
    expect 125 ktest launch --name x --timeout 5 --launcher=/none/at/all -- it
    says 'cannot run /none/at/all: No such file or directory'
    expect 2 ktest launch --name x --timeout 5 --launcher=slurm
    says 'launch: no test'
    expect 2 ktest launch --name x --timeout 5 --launcher=nice --launcher=-n{nice} -- it
    says "'\{nice\}' is not known \(there are \{cpus\}, "
    expect 2 ktest launch --name x --timeout 300 --ctest-limit 600 --launcher=slurm -- it
    says '600 s of CTest.s are fewer than the [0-9]+ s that two jobs of 960 s can take'
}

case_no_slurm() { # gone since the project was configured; and one that does not answer
    project 'ktest_add_test(SCRIPT it)'
    mkdir "$sandbox/few"
    ln -s "$(command -v ctest)" "$(command -v sh)" "$sandbox/few"
    expect 8 env "${variables[@]}" PATH="$sandbox/few" ctest --test-dir build -V
    says_ctest 'ktest: srun is not installed: apt-get install slurm-client'
    start_cluster
    kill -9 "${pids[slurmctld]}"
    run_ctest 8 -V
    says_ctest 'Unable to (contact slurm controller|allocate resources)'
    says_ctest 'ktest: it: unavailable'
    nothing_left 60
}

case_no_such_partition() {
    start_cluster
    project_options+=(-DKTEST_LAUNCHER_ARGS=--partition=nowhere)
    project 'ktest_add_test(SCRIPT it)'
    unavailable_case 'invalid partition specified: nowhere'
}

case_too_large() { # for any node
    start_cluster
    write_test it 'echo MEM=900G'
    project 'ktest_add_test(SCRIPT it)'
    unavailable_case 'Memory specification can not be satisfied'
    write_test it 'echo MEM=256M' 'echo CPUS=64'
    project 'ktest_add_test(SCRIPT it)'
    unavailable_case "unavailable: Slurm's job [0-9]+ can never run \(PartitionConfig\): no node has what it asks for"
}

case_too_large_a_disk() { # asked for only where nodes say what they have
    node_conf=TmpDisk=500
    start_cluster
    write_test it 'echo MEM=256M' 'echo SCRATCH=400M,200M'
    project 'ktest_add_test(SCRIPT it)'
    unavailable_case 'Temporary disk specification can not be satisfied'
}

case_tree_is_not_shared() { # said at once
    [ "$(id -u)" = 0 ] || skip "not root"
    project_options+=(-DKTEST_LAUNCHER_ARGS=--nodelist=n2)
    project 'ktest_add_test(SCRIPT it)'
    start_cluster
    n2_with "$work/build"
    unavailable_case 'attempt-1: n2 does not see it: the build tree must be on a file system that all nodes share'
}

case_full_disk() { # of a node: ktest's own word, and nobody tries it once more
    [ "$(id -u)" = 0 ] || skip "not root"
    project_options+=(-DKTEST_LAUNCHER_ARGS=--nodelist=n2)
    write_test it 'echo MEM=256M' 'echo SCRATCH=100M'
    sed -i 's/^echo "TEST SUCCESS"/dd if=\/dev\/urandom of=\/dev\/vda bs=1M count=50 \&\& &/' it
    project 'ktest_add_test(SCRIPT it)'
    start_cluster
    n2_with "$scratch"
    run_ctest 8 -V
    says_ctest '^1: UNAVAILABLE it .*(disk is full|No space left on device)'
    ! grep -q 'once more' "$sandbox/out" || fail "it was tried once more"
    [ "$(launch_result it verdict)" = unavailable ] || fail "$(cat "$(launched it)/result.json")"
    no_job_left
    nothing_left
}

case_two_users() { # on one node, at once
    [ "$(id -u)" = 0 ] || skip "not root"
    command -v setpriv >/dev/null || skip "no setpriv"
    local theirs=$sandbox/theirs
    project 'ktest_add_test(SCRIPT it)'
    mkdir -p "$theirs/home/.ktest/kernels" "$theirs/run" "$theirs/tmp"
    chmod 755 "$sandbox"
    cp --sparse=always "$home/.ktest/root" "$theirs/home/.ktest/root" # /root is closed to others
    cp -rL "$home/.ktest/kernels/default" "$theirs/home/.ktest/kernels/default"
    ln -s "$theirs/tmp" "$theirs/home/.ktest/tmp"
    cp -r "$work" "$theirs/work"
    chown -R 65534:65534 "$theirs"
    chmod 700 "$theirs/run"
    start_cluster
    chmod 755 "$cluster"
    in_cluster scontrol update NodeName=n2 State=DRAIN Reason=test
    variables+=("XDG_CACHE_HOME=$theirs/cache" "HOME=$theirs/home" "XDG_RUNTIME_DIR=$theirs/run")
    expect 0 env "${variables[@]}" setpriv --reuid=65534 --regid=65534 --clear-groups \
        cmake -S "$theirs/work" -B "$theirs/build" -DCMAKE_PREFIX_PATH="$PREFIX" "${project_options[@]}"
    (exec env "${variables[@]}" setpriv --reuid=65534 --regid=65534 --clear-groups ctest --test-dir "$theirs/build" -V) \
        >"$sandbox/theirs.out" 2>&1 &
    local other=$!
    variables=("${variables[@]:0:${#variables[@]}-3}")
    run_ctest 0 -V
    wait $other || fail "the other user's did not pass: $(cat "$sandbox/theirs.out")"
    no_job_left
    nothing_left
}

"case_$1"
