# Whoever ends a job, or the ctest that it is of: it ends in its own words, and leaves nothing.
. "$(dirname "$0")/cluster.sh" || exit
need_image

# endless [TIMEOUT]: two cases that run until somebody ends them; starts ctest, and waits until their guests are there.
endless() {
    write_test endless 'echo MEM=256M' 'echo SCRATCH=10M' 'echo TIMEOUT=900'
    sed -i 's/^echo "TEST SUCCESS"/echo begun; sleep 1000/' endless
    project 'foreach(i 1 2)' "ktest_add_test(NAME endless-\${i} SCRIPT endless $*)" 'endforeach()'
    start_cluster 1
    go_ctest -j2
    eventually 120 said 2 ': begun$' || fail "the guests did not come"
}

# all_gone: within a minute of the end of ctest.
all_gone() {
    local begun=$SECONDS
    no_job_left 60
    nothing_left 60
    echo "nothing left after $((SECONDS - begun)) s"
    [ $((SECONDS - begun)) -le 60 ] || fail "it took $((SECONDS - begun)) s"
}

case_killed() { # ctest by SIGKILL
    endless
    kill -KILL $ctest
    wait $ctest 2>/dev/null
    all_gone
}

case_interrupted() { # Ctrl-C, which reaches the cases, too
    endless
    kill -INT $ctest $(pgrep -P $ctest)
    wait $ctest
    all_gone
}

case_timed_out() { # by CTest, which kills all below it: the launcher, and whoever could cancel its job
    endless PROPERTIES TIMEOUT_AFTER_MATCH '"2;begun"'
    wait $ctest
    said 2 '\*\*\*Timeout' || fail "$(cat "$sandbox/out")"
    all_gone
}

case_launch_killed() { # ktest by SIGKILL
    endless
    kill -KILL $(pgrep -P $ctest)
    wait $ctest
    all_gone
}

case_cancelled() { # by scancel: not the test's fault, and nobody tries it once more
    endless
    in_cluster scancel --state=RUNNING --user="$(id -un)"
    wait $ctest
    said 2 "ktest: endless-[12]: interrupted: Slurm's job [0-9]+ was cancelled" || fail "$(cat "$sandbox/out")"
    said 0 'once more' || fail "it was tried once more"
    [ "$(launch_result endless-1 exit_status)" = 130 ] || fail "$(cat "$(launched endless-1)/result.json")"
    all_gone
}

case_out_of_time() { # Slurm's
    endless
    local job
    for job in $(in_cluster squeue -h -o %i); do in_cluster scontrol update JobId="$job" TimeLimit=0:01; done
    wait $ctest
    said 2 "ktest: endless-[12]: unavailable: Slurm's job [0-9]+ was out of Slurm's time" || fail "$(cat "$sandbox/out")"
    all_gone
}

case_preempted() { # by a job of a better partition
    extra_conf='PreemptType=preempt/partition_prio
PreemptMode=CANCEL
PartitionName=better Nodes=n1,n2 PriorityTier=10 MaxTime=INFINITE State=UP'
    endless
    in_cluster srun -Q -p better -N2 -n2 --mem=7500 true || fail "the better job does not run"
    wait $ctest
    said 2 "ktest: endless-[12]: unavailable: Slurm's job [0-9]+ was preempted" || fail "$(cat "$sandbox/out")"
    all_gone
}

case_queued() { # CTest's clock does not run while a job waits, and who waits is gone with ctest
    write_test it 'echo MEM=256M'
    project 'ktest_add_test(SCRIPT it)'
    start_cluster 1
    in_cluster scontrol update NodeName=n1,n2 State=DRAIN Reason=test
    go_ctest
    eventually 60 job_waits || fail "it does not wait"
    in_cluster scontrol update NodeName=n1,n2 State=RESUME
    wait $ctest || fail "it did not pass"
    said 1 '^1: Test timeout computed to be: 0$' || fail "CTest's clock ran"
    said 1 '^1: Test timeout changed to 5640$' || fail "CTest's clock did not start"
    in_cluster scontrol update NodeName=n1,n2 State=DRAIN Reason=test
    go_ctest
    eventually 60 job_waits || fail "it does not wait"
    kill -KILL $ctest
    wait $ctest 2>/dev/null
    all_gone
}
job_waits() { [ "$(in_cluster squeue -h -t PENDING | wc -l)" = 1 ]; }

"case_$1"
