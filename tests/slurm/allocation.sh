# A suite within one allocation: its cases are steps of that job, which outlives them and their nodes.
. "$(dirname "$0")/cluster.sh" || exit
need_image

# allocate: both nodes, whatever happens to one of them. $allocation is the job, until the cluster ends.
allocate() {
    start_cluster 2
    allocation=$(in_cluster sbatch --parsable --nodes=2 --exclusive --mem=0 --no-kill --output=/dev/null \
        --wrap='exec sleep 1000') || fail "no allocation"
    eventually 60 is_running || fail "no allocation: $(in_cluster squeue)"
    variables+=("SLURM_JOB_ID=$allocation")
}
is_running() { [ "$(in_cluster squeue -h -j "$allocation" -o %T)" = RUNNING ]; }

# steps: those of the allocation that are cases.
steps() { in_cluster squeue -h -s -j "$allocation" -o '%j' | grep '^ktest-'; }
no_step() { ! steps >/dev/null; }

# allocation_lives: without a step.
allocation_lives() {
    eventually 60 no_step || fail "steps are left: $(in_cluster squeue -s)"
    is_running || fail "the allocation has ended: $(in_cluster squeue --states=all)"
    [ "$(in_cluster squeue -h | wc -l)" = 1 ] || fail "there are other jobs: $(in_cluster squeue)"
}

case_steps() { # as many as fit, on both nodes, and they end as plain cases do
    write_test passes 'echo MEM=256M' 'echo CPUS=1'
    write_test fails 'echo MEM=256M' 'echo CPUS=1'
    sed -i 's/^echo "TEST SUCCESS"/exit 7/' fails
    project 'foreach(i RANGE 1 3)' 'ktest_add_test(NAME passes-${i} SCRIPT passes)' 'endforeach()' 'ktest_add_test(SCRIPT fails)'
    expect 0 cmake -S . -B plain -DCMAKE_PREFIX_PATH="$PREFIX"
    expect 8 env "${variables[@]}" ctest --test-dir plain -j2
    verdicts plain >plain.verdicts
    outcomes >plain.outcomes
    start_cluster 2
    # What salloc tells its command of tasks and memory is not what a step asks for.
    expect 8 env "${variables[@]}" salloc --quiet --nodes=2 --ntasks=2 --mem-per-cpu=1500 ctest --test-dir build -j4
    verdicts build >slurm.verdicts
    outcomes >slurm.outcomes
    diff -u plain.verdicts slurm.verdicts >&2 || fail "not the verdicts of plain ctest"
    diff -u plain.outcomes slurm.outcomes >&2 || fail "not the outcomes of plain ctest"
    [ "$(wc -l <slurm.outcomes)" = 4 ] || fail "not all cases have an outcome: $(cat slurm.outcomes)"
    echo "first attempts: $(cases_on n1) on n1, $(cases_on n2) on n2"
    [ "$(cases_on n1)" -gt 0 ] && [ "$(cases_on n2)" -gt 0 ] || fail "a node ran nothing"
    no_job_left
    nothing_left
}

case_killed() { # ktest by SIGKILL: its steps go, and nothing else
    write_test endless 'echo MEM=256M' 'echo CPUS=1' 'echo TIMEOUT=900'
    sed -i 's/^echo "TEST SUCCESS"/echo begun; sleep 1000/' endless
    project 'foreach(i 1 2)' 'ktest_add_test(NAME endless-${i} SCRIPT endless)' 'endforeach()'
    allocate
    go_ctest -j2
    eventually 120 said 2 ': begun$' || fail "the guests did not come"
    [ "$(steps | wc -l)" = 2 ] || fail "not two steps: $(in_cluster squeue -s)"
    kill -KILL $ctest $(pgrep -P $ctest)
    wait $ctest 2>/dev/null
    allocation_lives
    nothing_left 60
}

case_dead_node() { # once more on another node of the allocation
    write_test it 'echo MEM=256M' 'echo CPUS=2'
    sed -i 's/^echo "TEST SUCCESS"/echo begun; [ "$KTEST_ON" = n1 ] || sleep 1000; &/' it
    printf '%s\n' '#!/bin/sh' 'echo "export KTEST_ON=$SLURMD_NODENAME"' >"$sandbox/bin/prolog"
    chmod +x "$sandbox/bin/prolog"
    extra_conf=TaskProlog=$sandbox/bin/prolog
    project 'foreach(i 1 2)' 'ktest_add_test(NAME it-${i} SCRIPT it)' 'endforeach()'
    allocate
    go_ctest -j2
    eventually 120 said 2 ': begun$' || fail "the guests did not come"
    kill_node n2
    wait $ctest || fail "it did not pass"
    said 1 "ktest: it-[12]: a step of job $allocation on n2: .*no record; once more, not on n2" \
        || fail "no case says that it is tried once more"
    said 1 'ktest: it-[12]: passed at the second attempt' || fail "$(cat "$sandbox/out")"
    nothing_left 60
}

"case_$1"
