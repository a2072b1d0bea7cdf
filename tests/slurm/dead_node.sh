# A node that dies under its jobs: Slurm's launchers end with 0 then.
. "$(dirname "$0")/cluster.sh" || exit
need_image
# So that a test in a guest can tell on which node it is.
printf '%s\n' '#!/bin/sh' 'echo "export KTEST_ON=$SLURMD_NODENAME"' >"$sandbox/bin/prolog"
chmod +x "$sandbox/bin/prolog"
extra_conf=TaskProlog=$sandbox/bin/prolog

# hangs_on_n2 NAME: a test that passes, but for a node that is going to die.
hangs_on_n2() {
    write_test "$1" 'echo MEM=256M'
    sed -i 's/^echo "TEST SUCCESS"/echo begun; [ "$KTEST_ON" = n1 ] || sleep 1000; &/' "$1"
}

case_once_more_elsewhere() {
    local name dead=() jobs
    hangs_on_n2 it
    write_test fails 'echo MEM=256M'
    sed -i 's/^echo "TEST SUCCESS"/exit 1/' fails
    project 'foreach(i RANGE 1 5)' 'ktest_add_test(NAME it-${i} SCRIPT it)' 'endforeach()' 'ktest_add_test(SCRIPT fails)'
    start_cluster 2
    go_ctest -j6
    eventually 120 said 2 ': ktest: [a-z]+ runs on n2$' || fail "n2 runs nothing"
    eventually 120 said 5 '^[1-5]: begun$' || fail "the guests did not come"
    kill_node n2
    wait $ctest
    grep -qE '83% tests passed, 1 tests failed out of 6' "$sandbox/out" || fail "$(cat "$sandbox/out")"
    [ "$(launch_result fails verdict)" = failed ] || fail "fails: $(cat "$(launched fails)/result.json")"
    for name in it-{1..5}; do
        [ "$(launch_result $name verdict)" = passed ] || fail "$name: $(cat "$(launched $name)/result.json")"
        [ -d "$(launched $name 2)" ] || continue
        dead+=($name)
        [ ! -e "$(launched $name 1)/record.json" ] || fail "$name: its first attempt has a record"
        grep -qF '"host":"n1"' "$(launched $name 2)/record.json" || fail "$name: its second attempt was not on n1"
        grep -qE "ktest: $name: job [0-9]+ on n2: [A-Z_]+, no record; once more, not on n2" "$sandbox/out" \
            || fail "$name does not say that it is tried once more"
        said 1 "ktest: $name: passed at the second attempt" || fail "$name does not say that it was retried"
        [ "$(ls -d "build/ktest-runs/$name/.ktest/out/it/2"* | wc -l)" = 2 ] || fail "$name: not two runs are kept"
    done
    echo "retried: ${dead[*]}"
    [ ${#dead[@]} -ge 1 ] || fail "no case was retried"
    nothing_left
}

case_both_die() { # nothing passes that did not run
    hangs_on_n2 it
    sed -i 's/= n1/= n3/' it
    project 'ktest_add_test(SCRIPT it)'
    start_cluster 2
    go_ctest
    eventually 120 said 1 '^1: begun$' || fail "the guest did not come"
    kill_node "$(sed -n 's/^1: ktest: it runs on //p' "$sandbox/out")"
    eventually 120 said 2 '^1: begun$' || fail "it is not tried once more"
    kill_node "$(sed -n 's/^1: ktest: it runs on //p' "$sandbox/out" | tail -1)"
    wait $ctest && fail "ctest passed"
    said 1 'ktest: it: unavailable: the run left no record' || fail "$(cat "$sandbox/out")"
    [ "$(launch_result it exit_status)" = 125 ] || fail "$(cat "$(launched it)/result.json")"
    [ "$(ls "$(launched it)" | grep -c attempt)" = 2 ] || fail "not two attempts are kept"
    nothing_left
}

case_late_word() { # what a dead node's attempt says later is ignored
    hangs_on_n2 it
    project 'ktest_add_test(SCRIPT it)'
    start_cluster 2
    in_cluster scontrol update NodeName=n1 State=DRAIN Reason=test
    go_ctest
    eventually 120 said 1 '^1: begun$' || fail "the guest did not come"
    in_cluster scontrol update NodeName=n1 State=RESUME
    kill_node n2
    eventually 120 said 1 'once more, not on n2' || fail "it is not tried once more"
    local nonce
    nonce=$(cat "$(launched it 1)/nonce")
    echo "{\"nonce\":\"$nonce\",\"host\":\"n2\",\"verdict\":\"failed\",\"reason\":\"late\",\"exit_status\":1}" >"$(launched it 1)/record.json"
    wait $ctest || fail "it did not pass on n1"
    [ "$(launch_result it verdict)" = passed ] || fail "$(cat "$(launched it)/result.json")"
}

case_zero_is_no_pass() { # a launcher that runs nothing, one that runs it without the record, a record of another run
    write_test it 'echo MEM=256M'
    printf '%s\n' '#!/bin/sh' 'exit 0' >"$sandbox/bin/nothing"
    printf '%s\n' '#!/bin/sh' 'while [ "$1" != --record ]; do shift; done' \
        'echo "{\"nonce\":\"0123\",\"host\":\"n1\",\"verdict\":\"passed\",\"reason\":\"\",\"exit_status\":0}" >"$2/record.json"' \
        >"$sandbox/bin/forges"
    chmod +x "$sandbox/bin"/*
    for launcher in nothing forges; do
        project_options=("-DKTEST_LAUNCHER=$sandbox/bin/$launcher")
        project 'ktest_add_test(SCRIPT it)'
        run_ctest 8 -V
        says_ctest 'ktest: it: unavailable: the run left no record \(the launcher: ended with 0, no record'
        [ "$(launch_result it exit_status)" = 125 ] || fail "$(cat "$(launched it)/result.json")"
    done
}

"case_$1"
