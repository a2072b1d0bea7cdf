# What can be wrong with hosts, and with what they are asked for.
. "$(dirname "$0")/farm.sh" || exit
write_test it 'echo MEM=256M'

# refused PATTERN OPTION...: a project that cannot be configured so.
refused() {
    rm -rf build
    expect 1 cmake -S . -B build -DCMAKE_PREFIX_PATH="$PREFIX" "${@:2}"
    tr -s ' \n' ' ' <"$sandbox/err" >"$sandbox/line"
    grep -qE -- "$1" "$sandbox/line" || fail "CMake does not say '$1': $(cat "$sandbox/err")"
}

# unavailable_on HOST PATTERN: the only host; ctest fails, in its output is the pattern, and the case is unavailable.
unavailable_on() {
    project_options=(-DKTEST_LAUNCHER=ssh "-DKTEST_HOSTS=$1:1" "-DKTEST_LAUNCHER_ARGS=-F $farm/config")
    project 'ktest_add_test(SCRIPT it)'
    run_ctest 8 -V
    says_ctest "$2"
    says_ctest 'ktest: it: unavailable: '
    [ "$(launch_result it exit_status)" = 125 ] || fail "$(cat "$(launched it)/result.json")"
}

case_options() {
    project 'ktest_add_test(SCRIPT it)'
    grep -qF '"ktest_host": [ { "id": "0", "slots": 2 }, { "id": "1", "slots": 2 } ]' build/ktest-resources.json \
        || fail "not these resources: $(cat build/ktest-resources.json)"
    refused "KTEST_LAUNCHER is ssh: on which hosts\?" -DKTEST_LAUNCHER=ssh
    refused "KTEST_HOSTS: 'farm1' is not a host and its processors" -DKTEST_LAUNCHER=ssh -DKTEST_HOSTS=farm1
    refused "KTEST_HOSTS: 'farm2:0' is not a host" -DKTEST_LAUNCHER=ssh '-DKTEST_HOSTS=farm1:4 farm2:0'
    refused 'KTEST_HOSTS: farm1 is there twice' -DKTEST_LAUNCHER=ssh '-DKTEST_HOSTS=farm1:4;farm1:2'
    refused "KTEST_HOSTS is for ssh, and KTEST_LAUNCHER is 'slurm'" -DKTEST_LAUNCHER=slurm -DKTEST_HOSTS=farm1:4
    refused 'KTEST_HOSTS is set, and KTEST_LAUNCHER is not' -DKTEST_HOSTS=farm1:4
    refused 'KTEST_LAUNCHER_CANCEL is for a command line' -DKTEST_LAUNCHER=ssh -DKTEST_HOSTS=farm1:4 \
        -DKTEST_LAUNCHER_CANCEL=x
    expect 2 ktest launch --name x --timeout 5 --launcher=ssh --host=farm1:1 --host=farm2:x -- it
    says "KTEST_HOSTS: 'farm2:x' is not a host"
    expect 2 ktest launch --name x --timeout 5 --launcher=ssh --host=farm1:1 --host=farm2:1 -- it
    says 'CTest has given this case no host'
    CTEST_RESOURCE_GROUP_0_KTEST_HOST=id:2,slots:1 expect 2 \
        ktest launch --name x --timeout 5 --launcher=ssh --host=farm1:1 --host=farm2:1 -- it
    says 'KTEST_HOSTS has 2 hosts, from id:0 on'
    mkdir "$sandbox/few"
    expect 125 env "${variables[@]}" PATH="$sandbox/few" "$KTEST" launch --name x --timeout 5 --launcher=ssh --host=a:1 -- it
    says 'ktest: ssh is not installed: apt-get install openssh-client'
}

case_hosts() { # that let nobody in, are not there, do not see the tree, or run something else
    printf '%s\n' '#!/bin/sh' 'exec sh -c "$(printf %s "$SSH_ORIGINAL_COMMAND" | sed "s,$1,/no/such/tree,g")"' \
        >"$sandbox/bin/elsewhere"
    printf '%s\n' '#!/bin/sh' 'exit 0' >"$sandbox/bin/nothing"
    chmod +x "$sandbox/bin"/*
    start_farm
    start_host lost "ForceCommand $sandbox/bin/elsewhere $work/build"
    start_host empty "ForceCommand $sandbox/bin/nothing"
    ports[gone]=$(free_port) ports[stranger]=${ports[farm1]}
    add_host gone
    add_host stranger
    start_host closed 'AuthorizedKeysFile none'
    unavailable_on gone "there is no other host to try it on"
    says_ctest '[Cc]onnection refused'
    says_ctest 'unavailable: ssh could not reach gone, or lost it'
    unavailable_on stranger 'Host key verification failed'
    unavailable_on closed 'Permission denied \(publickey\)'
    unavailable_on lost '/no/such/tree/ktest-runs/it: lost does not see it: the build tree and ktest must be on a file'
    unavailable_on empty 'the run left no record \(ssh to empty: ended with 0, no record'
    nothing_left
}

"case_$1"
