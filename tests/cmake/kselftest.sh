# The kernel's selftests as cases: of a small tree that has all kinds of them, and of Linux itself.
. "$(dirname "$0")/project.sh" || exit
tree=$projects/selftests

# subtests COLLECTION: a line for each result in the run's result.json.
subtests() {
    local json=(build/ktest-runs/kselftest."$1"/.ktest/out/"$1"/latest/result.json)
    python3 - "${json[0]}" <<'END'
import json, sys
for one in json.load(open(sys.argv[1]))["subtests"]:
    print(f"{one['name']}: {one['outcome']}{': ' * bool(one['detail'])}{one['detail']}")
END
}

case_outcomes() {
    need_image
    project "ktest_add_kselftests(TREE $tree TARGETS outcomes skips wants hangs EACH passes MEM 256M)"
    says "CONFIG cannot say .CONFIG_KTEST_LIST=\"a,b\"., so no kernel is checked for it"
    expect 0 cmake --build build
    run_ctest 8 -j2 --output-on-failure
    says_ctest 'outcomes .*\*\*\*Failed'
    says_ctest 'TEST FAILED: 3 of 7: crashes never_made fails.sh'
    says_ctest 'skips .*\*\*\*Skipped'
    says_ctest 'wants .*\*\*\*Skipped'
    says_ctest 'hangs .*\*\*\*Failed'
    says_ctest 'passes.asks_library .*Passed'
    says_ctest 'passes.passes.sh .*Passed'
    subtests outcomes >found
    diff -u - found <<'END' || fail "the subtests of outcomes are others"
crashes: failed: exit=139 (SIGSEGV)
never_made: failed: exit=127
passes.sh: passed
fails.sh: failed: exit=255
skips.sh: skipped
nests.sh.first: passed
nests.sh.second: skipped: no such device
nests.sh: passed
has_no_mode.sh: passed
END
    [ "$(subtests hangs)" = "hangs.sh: timed out: 1 seconds" ] || fail "hangs: $(subtests hangs)"
    grep -q "no line's end" build/ktest-runs/kselftest.outcomes/.ktest/out/outcomes/latest/test.log || fail "an unfinished line is lost"
    grep -q 'lacks CONFIG KTEST_NO_SUCH_OPTION' build/ktest-runs/kselftest.wants/.ktest/out/wants/latest/result.json \
        || fail "it is not said which option lacks"
    nothing_left
}

case_properties() { # memory, processors and time, for each collection and for each test
    project "ktest_add_kselftests(TREE $tree TARGETS outcomes EACH passes CPUS 3)" \
        "ktest_add_kselftests(NAME more TREE $tree TARGETS passes hangs EACH skips TIMEOUT 9 MEM 2G LABELS slow)"
    list_tests
    for name in kselftest.outcomes kselftest.passes.{asks_library,passes.sh} more.{passes,hangs,skips.skips.sh}; do
        grep -qx "$name" listing || fail "no test $name: $(cat listing)"
    done
    value() { sed -n "/^$1\$/,/^[^ ]/s/^    $2 //p" listing; }
    [ "$(value kselftest.outcomes TIMEOUT)" = 675.0 ] || fail "7 tests of 45 s, 60 s and 300 s are not $(value kselftest.outcomes TIMEOUT)"
    [ "$(value kselftest.passes.passes.sh TIMEOUT)" = 405.0 ] || fail "one test: $(value kselftest.passes.passes.sh TIMEOUT)"
    [ "$(value more.skips.skips.sh TIMEOUT)" = 309.0 ] || fail "TIMEOUT 9: $(value more.skips.skips.sh TIMEOUT)"
    [ "$(value kselftest.outcomes PROCESSORS)" = 3 ] || fail "CPUS 3: $(value kselftest.outcomes PROCESSORS)"
    [[ "$(value more.hangs RESOURCE_GROUPS)" = *'"slots" : 2048'* ]] || fail "MEM 2G: $(value more.hangs RESOURCE_GROUPS)"
    [[ "$(value more.hangs LABELS)" = *'"slow"'* ]] || fail "LABELS: $(value more.hangs LABELS)"
}

case_kernel() { # one that is built for them has what they need
    project "ktest_add_kernel(NAME own SOURCE_DIR linux CONFIG KASAN)" "ktest_add_kernel(NAME other SOURCE_DIR linux)" \
        "ktest_add_kselftests(TREE $tree TARGETS wants passes KERNEL own)" \
        "ktest_add_kselftests(NAME more TREE $tree TARGETS wants KERNEL own)" \
        "ktest_add_kselftests(NAME plain TREE $tree TARGETS passes KERNEL other)"
    ninja -C build -t commands all | tr -d "\"'" >commands
    grep -qE -- "--build-dir $work/build/own --config KASAN,KTEST_NO_SUCH_OPTION( |\$)" commands || fail "own: $(cat commands)"
    grep -qE -- "--build-dir $work/build/other( && |\$)" commands || fail "other: $(cat commands)"
}

case_broken() { # what cannot be built fails with the compiler's words, also after it could once
    need_image
    cp -r "$tree" tree
    project "ktest_add_kselftests(TREE tree TARGETS broken empty passes MEM 256M)"
    run_ctest 8 -R broken --output-on-failure
    says_ctest 'REQUIRE: broken.tar: not found beside the test'
    expect 0 cmake --build build
    run_ctest 8 --output-on-failure
    says_ctest 'broken .*\*\*\*Failed'
    says_ctest 'the selftests broken of .*/tree cannot be built'
    says_ctest 'error: #error "no such library"'
    says_ctest 'empty .*\*\*\*Failed'
    says_ctest 'empty has no test for this machine'
    says_ctest 'passes .*Passed'

    echo 'int main(void) { return 0; }' >tree/tools/testing/selftests/broken/broken.c
    expect 0 cmake --build build
    run_ctest 0 -R broken
    cp "$tree/tools/testing/selftests/broken/broken.c" tree/tools/testing/selftests/broken/
    expect 0 cmake --build build
    run_ctest 8 -R broken --output-on-failure
    says_ctest 'error: #error "no such library"'

    sed -i s/^headers:/uncalled:/ tree/Makefile
    expect 0 cmake --build build
    run_ctest 8 -R passes --output-on-failure
    says_ctest "No rule to make target 'headers'"
    diff -r "$tree/tools" tree/tools || fail "the build has changed the tree"
}

# What becomes of Linux' selftests is what its own runner says of them in the same guest. That its exit status is 0 proves
# nothing. ktest's port cannot be opened again, which it does with its stdout, so that is a pipe.
case_linux() {
    local tarballs=(/usr/src/linux-source-*.tar.xz) collection
    [ -e "${tarballs[0]}" ] || skip "no source of Linux (apt-get install linux-source)"
    need_image
    mkdir linux
    tar -xf "${tarballs[0]}" -C linux --strip-components=1 --anchored --no-wildcards-match-slash \
        --exclude='*/drivers' --exclude='*/Documentation' --exclude='*/sound'
    find linux -printf '%p %s %T@ %m\n' | sort >before
    configure "$projects/../../examples/kselftest" -DTREE="$work/linux"
    expect 0 cmake --build build
    find linux -printf '%p %s %T@ %m\n' | sort | diff before - >&2 || fail "the build has changed the tree"
    # Now and then a kernel's idle time runs backwards: what proc-uptime-001 says is not foreseen.
    env "${variables[@]}" ctest --test-dir build -j2 --output-on-failure >"$sandbox/out" 2>"$sandbox/err" </dev/null \
        || [ "$(grep -h '^TEST FAILED' "$sandbox/out")" = "TEST FAILED: 1 of 21: proc-uptime-001" ] \
        || fail "what passes by hand does not pass"

    cat >by_hand <<'END'
#!/bin/bash
if [ "$1" = deps ]; then
    echo "MEM=1G"
    printf 'REQUIRE=build/kselftest/%s.tar\n' size kcmp membarrier proc nsfs
    exit
fi
for tarball in /cdrom/*.tar; do
    mkdir -p /opt/by_hand
    tar -xf "$tarball" -C /opt/by_hand
    /opt/by_hand/run_kselftest.sh 2>&1 | cat
    rm -r /opt/by_hand
done
echo "TEST SUCCESS"
END
    chmod +x by_hand
    ktest run --no-hold by_hand >said 2>"$sandbox/err"
    sed -nE 's/^(ok|not ok) [0-9]+ selftests: ([^ ]+): ([^ ]+)/\2 \3 \1/p' said | grep -v ' proc-uptime-001 ' | sort >by_hand.found
    for collection in size kcmp membarrier proc nsfs; do
        cat build/ktest-runs/kselftest."$collection"*/.ktest/out/"$collection"/latest/test.log \
            | sed -nE "s/^(ok|not ok) [0-9]+ ([^ ]+)/$collection \\2 \\1/p"
    done | grep -v ' proc-uptime-001 ' | sort >found
    diff -u by_hand.found found >&2 || fail "by hand it went otherwise"
    [ "$(cut -d' ' -f1 found | uniq | wc -l)" = 5 ] || fail "not all collections ran: $(cat found)"
    echo "$(wc -l <found) selftests went as by hand"
    nothing_left
}

"case_$1"
