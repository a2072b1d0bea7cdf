# Whoever ends a case, or the ctest that it is of: nothing is left on the far side.
. "$(dirname "$0")/farm.sh" || exit
need_image

# endless [WORD]...: two cases that run until somebody ends them; starts ctest, and waits until their guests are there.
endless() {
    write_test endless 'echo MEM=256M' 'echo CPUS=1' 'echo SCRATCH=10M' 'echo TIMEOUT=900'
    sed -i 's/^echo "TEST SUCCESS"/echo begun; sleep 1000/' endless
    start_farm
    project 'foreach(i 1 2)' "ktest_add_test(NAME endless-\${i} SCRIPT endless $*)" 'endforeach()'
    go_ctest -j2
    eventually 120 said 2 ': begun$' || fail "the guests did not come"
}

# all_gone: within a minute of the end of ctest.
all_gone() {
    local begun=$SECONDS
    nothing_left 60
    echo "nothing left after $((SECONDS - begun)) s"
}

case_killed() { # ctest and ktest by SIGKILL
    endless
    kill -KILL $ctest $(pgrep -P $ctest)
    wait $ctest 2>/dev/null
    all_gone
}

case_interrupted() { # Ctrl-C, which reaches the cases, too
    endless
    kill -INT $ctest $(pgrep -P $ctest)
    wait $ctest
    all_gone
}

case_timed_out() { # by CTest, which kills all below it
    endless PROPERTIES TIMEOUT_AFTER_MATCH '"2;begun"'
    wait $ctest
    said 2 '\*\*\*Timeout' || fail "$(cat "$sandbox/out")"
    all_gone
}

"case_$1"
