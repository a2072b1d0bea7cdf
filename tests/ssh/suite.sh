# A suite on hosts that ssh reaches ends as it does without, though one of them dies.
. "$(dirname "$0")/farm.sh" || exit
need_image

case_as_without() {
    local name
    for name in fails skips; do write_test $name 'echo MEM=256M' 'echo CPUS=1'; done
    sed -i 's/^echo "TEST SUCCESS"/exit 7/' fails
    sed -i 's/^echo "TEST SUCCESS"/echo "TEST SKIPPED: no such device"/' skips
    write_test passes 'echo MEM=256M' 'echo SCRATCH=10M' 'echo CPUS=1'
    sed -i 's/^echo "TEST SUCCESS"/[ "$KTEST_WORD" = "a '"'"'b" ] \&\& &/' passes
    write_test large 'echo MEM=256M' 'echo CPUS=2' # larger than any host
    write_test wrong 'echo MEM=2Q'
    variables+=("KTEST_WORD=a 'b" KTEST_HOST=mine)
    project_options+=("-DKTEST_HOSTS=farm1:1 farm2:1")
    start_farm
    project 'foreach(i 1 2)' 'ktest_add_test(NAME passes-${i} SCRIPT passes)' 'endforeach()' \
        'ktest_add_test(SCRIPT fails skips large wrong)'
    expect 0 cmake -S . -B plain -DCMAKE_PREFIX_PATH="$PREFIX"
    expect 8 env "${variables[@]}" ctest --test-dir plain -j2
    verdicts plain >plain.verdicts
    outcomes >plain.outcomes
    run_ctest 8 -j8
    verdicts build >ssh.verdicts
    outcomes >ssh.outcomes
    diff -u plain.verdicts ssh.verdicts >&2 || fail "not the verdicts of plain ctest"
    diff -u plain.outcomes ssh.outcomes >&2 || fail "not the outcomes of plain ctest"
    [ "$(wc -l <ssh.outcomes)" = 6 ] || fail "not all cases have an outcome: $(cat ssh.outcomes)"
    echo "first attempts: $(cases_on farm1) on farm1, $(cases_on farm2) on farm2"
    [ "$(cases_on farm1)" -gt 0 ] && [ "$(cases_on farm2)" -gt 0 ] || fail "a host ran nothing"
    [ "$(launch_result wrong verdict)" = usage ] || fail "wrong: $(cat "$(launched wrong)/result.json")"
    nothing_left
}

case_dead_host() { # its cases are tried once more on the other, and the test's own verdicts are not
    local name dead=0
    for name in it fails; do write_test $name 'echo MEM=256M' 'echo CPUS=1'; done
    sed -i 's/^echo "TEST SUCCESS"/echo begun; [ "$KTEST_HOST" = farm1 ] || sleep 1000; &/' it
    sed -i 's/^echo "TEST SUCCESS"/exit 1/' fails
    start_farm
    project 'foreach(i RANGE 1 4)' 'ktest_add_test(NAME it-${i} SCRIPT it)' 'endforeach()' 'ktest_add_test(SCRIPT fails)'
    go_ctest -j5
    eventually 120 said 4 '^[1-4]: begun$' || fail "the guests did not come"
    kill_host farm2
    wait $ctest
    grep -qE '80% tests passed, 1 tests failed out of 5' "$sandbox/out" || fail "$(cat "$sandbox/out")"
    [ "$(launch_result fails verdict)" = failed ] || fail "fails: $(cat "$(launched fails)/result.json")"
    for name in it-{1..4}; do
        [ "$(launch_result $name verdict)" = passed ] || fail "$name: $(cat "$(launched $name)/result.json")"
        [ -d "$(launched $name 2)" ] || continue
        dead=$((dead + 1))
        grep -qF '"host":"farm1"' "$(launched $name 2)/record.json" || fail "$name: its second attempt was not on farm1"
        said 1 "ktest: $name: ssh to farm2: ended with 255, no record; once more, on farm1" \
            || fail "$name does not say that it is tried once more"
        said 1 "ktest: $name: passed at the second attempt" || fail "$name does not say that it was retried"
    done
    echo "retried: $dead"
    [ $dead -ge 1 ] || fail "no case was retried"
    nothing_left 60
}

"case_$1"
