#!/bin/bash
# Whatever comes before, after or beside success, and wherever it is said: the verdict is the one that a careful person
# would give. One row is one run in a VM.
. "$(dirname "$0")/../case.sh"
own_templates

test=$(guest orders)
declare -A name=([0]=PASSED [1]=FAILED [3]=CRASHED [124]="TIMED OUT" [77]=SKIPPED)
judge() { # SUBTEST STATUS PHRASE: what the verdict line says after the name of the verdict
    run ktest run -t 100 "$test" "$1"
    expect_status "$2"
    expect_stderr "^${name[$2]} $test\.$1 on .*$3"
}

echo "TEST SUCCESS" >word
while IFS='|' read -r subtest expected phrase; do
    judge "${subtest%% *}" "$((expected))" "${phrase# }"
done <<'ORDERS'
success                              |  0 |
success_then_panic                   |  3 | in test: kernel panic: sysrq triggered crash
success_then_reboot                  |  3 | the guest rebooted unexpectedly
success_then_power_off               |  3 | the guest powered itself off
hang_then_success                    |124 | in shutdown: the guest does not answer any more
success_then_dead_init               |  3 | in test: kernel panic: Attempted to kill init
panic_then_success                   |  3 | in test: kernel panic: sysrq triggered crash
success_of_a_child_in_the_grace      |  0 |
success_of_a_child_after_the_grace   |  1 | exit status 0 without TEST SUCCESS
success_in_the_kernel_log            |  1 | exit status 0 without TEST SUCCESS
success_on_the_console               |  1 | exit status 0 without TEST SUCCESS
success_in_a_file                    |  1 | exit status [01] without TEST SUCCESS
success_on_stderr                    |  0 |
success_in_a_long_line               |  0 |
success_of_two_lines                 |  1 | exit status 0 without TEST SUCCESS
failure_in_a_long_line               |  0 |
failure_at_the_start_of_a_long_line  |  1 | TEST FAILED: 
success_with_status_1                |  0 |
success_with_status_77               |  0 |
status_77                            | 77 | exit status 77
failure_with_status_77               |  1 | TEST FAILED: one is not two
skip_then_success                    |  0 |
signals_to_init                      |  0 |
dead_init                            |  3 | in test: kernel panic: Attempted to kill init
dead_init_then_success               |  3 | in test: kernel panic: Attempted to kill init
closed_output                        |  1 | exit status 0 without TEST SUCCESS
success_into_closed_output           |  1 | exit status 1 without TEST SUCCESS
closed_output_but_for_a_child        |  0 |
failure_then_success                 |  1 | TEST FAILED: one is not two
success_then_failure                 |  1 | TEST FAILED: cleanup
leaves_success                       |  0 | \(template
ORDERS

# What a run has left wherever a test can write is in no later run of the same template, nor is its payload.
echo "TEST NOTHING" >word
judge finds_no_success 1 "exit status 0 without TEST SUCCESS"
expect_stderr "\(template"
expect_line "TEST NOTHING"
expect_line "nothing else is left"

# What is said while a failed test's VM is held, for its user to look, is only output.
start held ktest run "$test" success_of_a_child_after_the_grace
await "$pid" held/err "ktest stop"
await "$pid" held/out "^TEST SUCCESS"
run ktest stop
finish "$pid"
expect_status 130
expect_no_match held/err "^PASSED"
expect_gone "$test"
