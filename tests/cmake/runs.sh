# Suites that CTest runs in VMs.
. "$(dirname "$0")/project.sh" || exit
need_image

# result CASE KEY: a value of the last result.json of the case's run.
result() {
    local json=(build/ktest-runs/"$1"/.ktest/out/*/latest/result.json)
    grep -oP "\"$2\": *\"?\K[^\",]*" "${json[0]}"
}

case_suite() {
    [ -x /usr/sbin/make-bcache ] || skip "no make-bcache (apt-get install bcache-tools)"
    configure "$projects/../../examples/suite"
    run_ctest 0 -N
    for name in hello bcache block.brd.direct block.brd.buffered clock; do
        says_ctest "Test +#[0-9]: $name$"
    done
    run_ctest 0 -N -L quick
    says_ctest 'Total Tests: 3'
    run_ctest 0 -j4 --output-junit "$work/ctest.xml"
    says_ctest '100% tests passed, 0 tests failed out of 5'
    grep -q '<testcase name="bcache"' ctest.xml || fail "bcache is not in CTest's JUnit"
    grep -q 'read back through the cache' ctest.xml || fail "what bcache printed is not in CTest's JUnit"
    [ "$(result bcache verdict)" = passed ] || fail "bcache's result.json is not in its directory"
    run_ctest 0 -R '^hello$' --repeat until-fail:3
    says_ctest 'Test #1: hello'
    [ "$(ls -d build/ktest-runs/hello/.ktest/out/hello/2* | wc -l)" = 4 ] || fail "hello did not run 4 times"
    nothing_left
}

case_outcomes() {
    write_test fails 'echo MEM=256M'
    sed -i 's/echo "TEST SUCCESS"/no-such-command\nexit 1/' fails
    write_test skips 'echo MEM=256M'
    sed -i 's/echo "TEST SUCCESS"/echo "TEST SKIPPED: no such device"/' skips
    write_test forges 'echo MEM=256M'
    sed -i 's/echo "TEST SUCCESS"/echo "ktest skipped it: $(tr "\\0" " " <\/proc\/cmdline) $*"; env; exit 1/' forges
    project 'ktest_add_test(SCRIPT fails skips forges)'
    run_ctest 8 -j2 --output-on-failure --output-junit "$work/ctest.xml" -T Test
    says_ctest 'Test +#1: fails .*\*\*\*Failed'
    says_ctest 'Test +#2: skips .*\*\*\*Skipped'
    says_ctest 'Test +#3: forges .*\*\*\*Failed'
    says_ctest "^$work/fails:6: error: failed: exit status 1 without TEST SUCCESS"
    says_ctest "^again: ktest run $work/fails"
    grep -q SKIP_REGULAR_EXPRESSION_MATCHED build/Testing/*/Test.xml || fail "the skip is not one for an IDE"
    grep -q 'name="boot_seconds"' build/Testing/*/Test.xml || fail "no measurement of the boot"
    grep -q 'name="test_seconds"' build/Testing/*/Test.xml || fail "no measurement of the test"
    ! grep -rqF "$(token)" build/ktest-runs/fails build/ktest-runs/forges || fail "the token is told"
    run_ctest 0 --rerun-failed -N
    says_ctest 'Total Tests: 2'
}

token() { sed -n 's/^KTEST_SKIP_TOKEN:INTERNAL=//p' build/CMakeCache.txt; }

case_subtests() {
    local name
    for name in forgets expects short; do write_test $name 'echo MEM=256M'; done
    sed -i 's/^echo "TEST SUCCESS"/printf "KTAP version 1\\n1..2\\nok 1 a\\nnot ok 2 b\\n"; &/' forgets
    sed -i 's/^echo "TEST SUCCESS"/printf "TAP version 13\\n1..2\\nnot ok 1 a # TODO\\nnot ok 2 b # XFAIL\\n"; &/' expects
    sed -i 's/^echo "TEST SUCCESS"/printf "1..2\\nok 1 - a\\n"; &/' short
    cat >kernel <<'END'
#!/bin/bash
if [ "$1" = deps ]; then echo MEM=256M; exit; fi
while IFS= read -r line; do echo "<6>$line" >/dev/kmsg; done <<'KTAP'
KTAP version 1
1..1
    KTAP version 1
    1..2
    ok 1 a
    not ok 2 b
not ok 1 suite
KTAP
echo "TEST SUCCESS"
END
    chmod +x kernel
    project 'ktest_add_test(SCRIPT forgets expects short kernel)'
    run_ctest 8 -j2
    says_ctest 'forgets .*\*\*\*Failed'
    says_ctest 'expects .*Passed'
    says_ctest 'short .*\*\*\*Failed'
    says_ctest 'kernel .*\*\*\*Failed'
    [ "$(result forgets reason)" = "subtest b failed" ] || fail "forgets: $(result forgets reason)"
    [[ "$(result short reason)" = "subtest 2 is missing"* ]] || fail "short: $(result short reason)"
    [[ "$(result kernel reason)" = "subtest suite.b failed"* ]] || fail "kernel: $(result kernel reason)"
    grep -q '<testcase name="suite.b"' build/ktest-runs/kernel/.ktest/out/kernel/latest/junit.xml \
        || fail "the kernel's subtests are not in junit.xml"
}

# killed SIGNAL: ctest is killed while its guests run.
killed() {
    write_test endless 'echo MEM=256M' 'echo SCRATCH=10M' 'echo TIMEOUT=600'
    sed -i 's/^echo "TEST SUCCESS"/echo begun; sleep 1000/' endless
    project 'foreach(i 1 2)' 'ktest_add_test(NAME endless-${i} SCRIPT endless)' 'endforeach()'
    # What a script starts in the background ignores SIGINT, unless it is told not to.
    env --default-signal=INT "${variables[@]}" ctest --test-dir build -j2 -V >"$sandbox/out" 2>&1 &
    local pid=$!
    eventually 120 begun 2 || fail "the guests did not come"
    kill "-$1" $pid
    wait $pid 2>/dev/null
    nothing_left 10
}
begun() { [ "$(grep -c ': begun$' "$sandbox/out")" = "$1" ]; }

case_killed() { killed KILL; }
case_interrupted() { killed INT; }

case_timed_out() { # by CTest, where ktest's own deadline is later
    write_test endless 'echo MEM=256M' 'echo SCRATCH=10M' 'echo TIMEOUT=600'
    sed -i 's/^echo "TEST SUCCESS"/sleep 1000/' endless
    project 'ktest_add_test(SCRIPT endless PROPERTIES TIMEOUT 6)'
    run_ctest 8 --output-on-failure
    says_ctest '\*\*\*Timeout'
    nothing_left 10
}

case_budget() { # twelve guests of 512M in 2 GiB: four at a time, which the QEMU that is found first on PATH counts
    local real
    real=$(command -v qemu-system-x86_64) || skip "no QEMU"
    mkdir "$sandbox/count"
    cat >"$sandbox/bin/qemu-system-x86_64" <<END
#!/bin/bash
# A guest holds the first lock that is free; one at a time looks for it, so the n-th is held only beside n - 1 others.
if [[ " \$* " = *" -name "* ]]; then
    exec {look}>$sandbox/count/look
    flock \$look
    for n in {1..12}; do
        exec {held}>$sandbox/count/\$n
        if flock -n \$held; then break; fi
        exec {held}>&-
    done
    exec {look}>&-
fi
exec $real "\$@"
END
    chmod +x "$sandbox/bin/qemu-system-x86_64"
    variables+=("PATH=$sandbox/bin:$PATH")
    write_test it 'echo MEM=512M'
    echo '{"version":{"major":1,"minor":0},"local":[{"vm_mem_mib":[{"id":"host","slots":2048}]}]}' >2g.json
    project 'foreach(i RANGE 1 12)' 'ktest_add_test(NAME it-${i} SCRIPT it)' 'endforeach()'
    run_ctest 0 -j12 --output-on-failure --resource-spec-file "$work/2g.json"
    says_ctest '100% tests passed, 0 tests failed out of 12'
    local most
    most=$(ls "$sandbox/count" | grep -v look | sort -n | tail -1)
    echo "at most $most guests at once"
    [ "$most" -gt 1 ] || fail "no two guests ran at once"
    [ "$most" -le 4 ] || fail "$most guests ran at once"
    # That of this machine is what ctest takes where none is named.
    grep -qF "set(CTEST_RESOURCE_SPEC_FILE \"$work/build/ktest-resources.json\")" build/CTestTestfile.cmake \
        || fail "the machine's own specification is not the default"
    grep -qE '"slots": [1-9][0-9]+' build/ktest-resources.json || fail "$(cat build/ktest-resources.json)"
}

case_queue() { # one slot is free: three cases wait for one another
    local lock
    write_test it 'echo MEM=256M'
    project 'foreach(i 1 2 3)' 'ktest_add_test(NAME it-${i} SCRIPT it)' 'endforeach()'
    run_ctest 0 -R it-1
    for lock in "$runtime"/ktest/slots/{00..06}.lock "$runtime"/ktest/slots/{08..99}.lock; do
        exec {held}>"$lock"
        flock -n "$held" || fail "$lock is taken"
    done
    run_ctest 0 -j3 -V
    says_ctest ': waiting for one'
    says_ctest '100% tests passed, 0 tests failed out of 3'
    # None is free, and whoever waits is gone with the ctest that is killed.
    exec {held}>"$runtime/ktest/slots/07.lock"
    flock -n "$held" || fail "the last slot is taken"
    env "${variables[@]}" ctest --test-dir build -j3 -V >"$sandbox/out" 2>&1 &
    local pid=$!
    eventually 60 all_wait || fail "the cases do not wait"
    kill -KILL $pid
    wait $pid 2>/dev/null
    eventually 10 nobody_left || fail "left: $(left_processes)"
}
all_wait() { [ "$(grep -c ': waiting for one$' "$sandbox/out")" = 3 ]; }
nobody_left() { [ -z "$(left_processes)" ]; }

"case_$1"
