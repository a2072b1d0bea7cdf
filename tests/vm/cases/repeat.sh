#!/bin/bash
# A test that is run time and again: all runs are summed up, what did not pass is kept and runs again by its seed, and
# however it ends nothing is left running.
. "$(dirname "$0")/../case.sh"
own_templates
test=$(guest even)
times='[0-9.]+ s  \(test [0-9.]+ to [0-9.]+, median [0-9.]+\)'

run ktest run --until-fail "$test"
expect_status 1
ended=$(sed -n 's/^FAILED 1\/\([0-9]*\), first: run \([0-9]*\): .*/\1 \2/p' err)
number=${ended% *}
expect_equal "the last run and the first failure" "$number $number" "$ended"
expect_stderr "^run $number: FAILED  [0-9.]+ s  \(template .*, test [0-9.]+\): TEST FAILED: even\$"
expect_stderr "^$test:1: error: run $number: failed: TEST FAILED: even\$"
expect_no_match err "^run [0-9]+: PASSED"
kept=$(sed -n 's/^files: //p' err)
expect "stdout should be what the failed run said" cmp out "$kept/test.log"
expect_match "$kept/ktest.log" "^FAILED $test on "
seed=$(sed -n 's/^seed //p' out)
again=$(sed -n 's/^again: //p' err)
expect_equal "the line that runs it again" "ktest run --seed $seed $test" "$again"
run $again --no-hold
expect_status 1
expect_line "seed $seed"
expect_equal "the seed of its result" "$seed" "$(result_of "$test" 'r["seed"]')"
expect_equal "the seed of the guest" "$seed" "$(result_of "$test" 'r["shake"]')"

run ktest run --repeat 12 -P 2 --seed 1 --json json --junit junit "$test"
expect_status 0
expect_equal stdout "" "$(cat out)"
expect_stderr "^PASSED 12/12: $test on .*  $times\$"
expect_equal "lines but the kernel's and the verdict" 2 "$(wc -l <err)"
expect_equal "runs whose files are kept" 10 "$(find ".ktest/out/$test/latest/" -maxdepth 1 -name 'run-*' | wc -l)"
expect_equal "the result" "passed 12 12 None" \
    "$(result_of "$test" '" ".join(str(r[key]) for key in ("verdict", "wanted", "passed", "first"))')"
expect_match json '"passed": 12,'
expect_match junit '<testsuite name=.* tests="12" failures="0" errors="0" skipped="0"'
expect_no_match json '"start": "cold"'

KTEST_SEED=2 run ktest run --repeat 3 --until-fail -P2 "$test"
expect_status 1
expect_stderr "^FAILED 1/1, first: run [12]: "
run ktest run --repeat=2 "$test" -- skip
expect_status 77
expect_stderr "^SKIPPED 2/2, first: run 1: .*: no such hardware$"

# hanging NAME: repeats a test that hangs in the directory NAME, and waits until two of its runs do.
hanging() {
    local number
    start "$1" ktest run --repeat 5 -P2 -o "$1/kept" "$test" -- hang
    run=$pid
    for number in 1 2; do await "$run" "$1/kept/$test/latest/run-$number/test.log" '^seed'; done
    processes="$(qemu_of "$test") $(cat "/proc/$run/task/$run/children")"
    expect_equal "processes of two runs" 4 "$(wc -w <<<"$processes")"
}
hanging interrupted
kill -INT "$run"
finish "$run"
expect_status 130
expect_match interrupted/err "^INTERRUPTED after 0/5: $test on "
expect_equal "runs whose files are kept" "" "$(find interrupted/kept -name 'run-*')"
expect_gone "$test"

hanging stopped
run ktest stop
expect_status 0
finish "$run"
expect_status 130
expect_match stopped/err "^INTERRUPTED after 0/5: $test on "
expect_gone "$test"

hanging killed
kill -KILL "$run"
finish "$run"
expect_status 137
for process in $processes; do tail --pid="$process" -f /dev/null; done
expect_gone "$test"
