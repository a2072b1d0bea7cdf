# A suite as jobs of Slurm ends as it does without.
. "$(dirname "$0")/cluster.sh" || exit
need_image

case_as_without() {
    local name
    for name in fails skips panics splats; do write_test $name 'echo MEM=256M'; done
    sed -i 's/^echo "TEST SUCCESS"/exit 7/' fails
    sed -i 's/^echo "TEST SUCCESS"/echo "TEST SKIPPED: no such device"/' skips
    sed -i 's/^echo "TEST SUCCESS"/echo c >\/proc\/sysrq-trigger/' panics
    sed -i 's/^echo "TEST SUCCESS"/echo "<4>WARNING: CPU: 0 PID: 1 at mm\/x.c:1 f+0x1\/0x2" >\/dev\/kmsg; &/' splats
    write_test passes 'echo MEM=256M' 'echo SCRATCH=10M,20M'
    write_test wrong 'echo MEM=2Q'
    project 'foreach(i RANGE 1 6)' 'ktest_add_test(NAME passes-${i} SCRIPT passes)' 'endforeach()' \
        'ktest_add_test(SCRIPT fails skips panics splats wrong)'
    expect 0 cmake -S . -B plain -DCMAKE_PREFIX_PATH="$PREFIX"
    expect 8 env "${variables[@]}" ctest --test-dir plain -j2
    verdicts plain >plain.verdicts
    outcomes >plain.outcomes
    start_cluster 2
    run_ctest 8 -j20
    verdicts build >slurm.verdicts
    outcomes >slurm.outcomes
    diff -u plain.verdicts slurm.verdicts >&2 || fail "not the verdicts of plain ctest"
    diff -u plain.outcomes slurm.outcomes >&2 || fail "not the outcomes of plain ctest"
    [ "$(wc -l <slurm.outcomes)" = 11 ] || fail "not all cases have an outcome: $(cat slurm.outcomes)"
    [ "$(launch_result panics verdict)" = crashed ] || fail "panics: $(cat "$(launched panics)/result.json")"
    [ "$(launch_result wrong verdict)" = usage ] || fail "wrong: $(cat "$(launched wrong)/result.json")"
    echo "first attempts: $(cases_on n1) on n1, $(cases_on n2) on n2"
    [ "$(cases_on n1)" -gt 0 ] && [ "$(cases_on n2)" -gt 0 ] || fail "a node ran nothing"
    no_job_left
    nothing_left
}

case_what_a_job_asks_for() { # as Slurm has it: processors, memory with QEMU's own, a time limit, a name
    write_test endless 'echo MEM=512M' 'echo CPUS=2' 'echo SCRATCH=100M' 'echo TIMEOUT=900'
    sed -i 's/^echo "TEST SUCCESS"/sleep 1000/' endless
    project 'ktest_add_test(SCRIPT endless)'
    start_cluster
    go_ctest
    eventually 60 said 1 '^1: ktest: endless runs on n[12]$' || fail "it does not run"
    in_cluster squeue -h -o '%j|%C|%m|%l|%P|%d' >job
    # 300 s for a slot, 300 for what is around the test, 60 of Slurm's own: 1560 s are 26 minutes.
    grep -qxE 'ktest-endless-[0-9a-f]{12}\|2\|768M\|26:00\|tests\|0' job || fail "Slurm's job is $(cat job)"
    kill -INT $ctest
    wait $ctest
    no_job_left 60
    nothing_left 60
}

case_command_line() { # a launcher of the user's own: srun once more, by hand
    write_test it 'echo MEM=256M'
    start_cluster
    project_options=("-DKTEST_LAUNCHER=srun -Q -c {cpus} --mem={mem_mib} --time=0:{seconds} -J '{name}' --comment='{disk_mib} {'"
        "-DKTEST_LAUNCHER_CANCEL=scancel -n {name}")
    project 'ktest_add_test(SCRIPT it)'
    run_ctest 0 -V
    [ "$(launch_result it verdict)" = passed ] || fail "$(cat "$(launched it)/result.json")"
}

"case_$1"
