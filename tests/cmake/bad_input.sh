# What a project can get wrong, and what its surroundings can.
. "$(dirname "$0")/project.sh" || exit

# refused PATTERN LINE...: a project that cannot be configured.
refused() {
    printf '%s\n' 'cmake_minimum_required(VERSION 3.25)' 'project(sandbox NONE)' 'enable_testing()' \
        'find_package(ktest REQUIRED)' "${@:2}" >CMakeLists.txt
    rm -rf build
    expect 1 cmake -S . -B build -DCMAKE_PREFIX_PATH="$PREFIX"
    tr -s ' \n' ' ' <"$sandbox/err" >"$sandbox/line"
    grep -qE -- "$1" "$sandbox/line" || fail "CMake does not say '$1': $(cat "$sandbox/err")"
}

case_names() { # spaces, semicolons, brackets, a dollar, in paths, names and arguments
    local name names=('two words' 'semi;colon' '[bracket' ']other' '$dollar ${x} $<y>' 'quote"d' 'back\slash' '#hash')
    mkdir -p 'a dir [with] $everything/its;[tests'
    cd 'a dir [with] $everything/its;[tests' || exit
    for name in "${names[@]}"; do write_test "$name" 'echo MEM=256M'; done
    cd ..
    project 'ktest_add_tests(DIRECTORY "its;[tests" PATTERN "*" ARGS "a;b" "[" "]]" "\${x}" "")' \
        'ktest_add_test(NAME "my; [name" SCRIPT "its;[tests/two words" "LABELS" "a label")'
    list_tests
    for name in two_words semi_colon _bracket _other _dollar___x____y_ quote_d back_slash _hash my___name; do
        grep -qxF "$name" listing || fail "no test $name: $(cat listing)"
    done
    for name in "${names[@]}"; do
        grep -qxF "    word SOURCE/its;[tests/$name" listing || fail "no word $name: $(cat listing)"
    done
    for name in 'a;b' '[' ']]' '${x}' ''; do
        grep -qxF "    word $name" listing || fail "no argument '$name': $(cat listing)"
    done
    grep -qxF '    at SOURCE/CMakeLists.txt:5' listing || fail "the first call is not where it stands"
    grep -qxF '    at SOURCE/CMakeLists.txt:6' listing || fail "the second call is not where it stands"
    need_image
    run_ctest 0 -R my___name
}

case_two_of_one_name() {
    mkdir a b
    write_test a/it 'echo MEM=256M'
    write_test b/it 'echo MEM=256M'
    refused "two tests have the name 'it': $work/a/it and $work/b/it" 'ktest_add_test(SCRIPT a/it b/it)'
    refused "two tests have the name 'a_b'" 'ktest_add_test(NAME "a b" SCRIPT a/it)' 'ktest_add_test(NAME "a;b" SCRIPT b/it)'
    refused "two tests have the name 'it'" 'ktest_add_tests(DIRECTORY a PATTERN *)' 'ktest_add_tests(DIRECTORY b PATTERN *)'
}

case_arguments() {
    write_test it 'echo MEM=256M'
    refused 'which script\?' 'ktest_add_test(NAME it)'
    refused 'one name for 2 scripts' 'ktest_add_test(NAME x SCRIPT it it)'
    refused "'it' belongs to no keyword" 'ktest_add_test(it)'
    refused "TIMEOUT 'soon' is not a number of seconds" 'ktest_add_test(SCRIPT it TIMEOUT soon)'
    refused "TIMEOUT has one value, and '6' is another" 'ktest_add_test(SCRIPT it TIMEOUT 5 6)'
    refused 'PROPERTIES are pairs' 'ktest_add_test(SCRIPT it PROPERTIES COST)'
    refused 'which directory\?' 'ktest_add_tests(PATTERN *)'
    refused 'nowhere: No such file or directory' 'ktest_add_tests(DIRECTORY nowhere)'
    refused 'a target that no ktest_add_kernel' 'add_custom_target(k)' 'ktest_add_test(SCRIPT it KERNEL k)'
    refused 'which kernel tree' 'ktest_add_kernel(NAME k)'
    refused "no component 'cores'" 'find_package(ktest REQUIRED COMPONENTS cores)'
}

case_kselftests() {
    local tree=$projects/selftests
    refused 'which kernel tree\?' 'ktest_add_kselftests(TARGETS size)'
    refused 'which selftests\?' "ktest_add_kselftests(TREE $tree)"
    refused "'x' belongs to no keyword" "ktest_add_kselftests(x TREE $tree TARGETS passes)"
    refused 'nowhere has no selftests' 'ktest_add_kselftests(TREE nowhere TARGETS size)'
    refused 'has no selftests: there is no .*/lib.mk' "ktest_add_kselftests(TREE $work TARGETS size)"
    refused "no selftests 'pases' in $tree/tools" "ktest_add_kselftests(TREE $tree TARGETS pases)"
    refused "no selftests '../selftests/passes'" "ktest_add_kselftests(TREE $tree TARGETS ../selftests/passes)"
    refused "'passes' is given twice" "ktest_add_kselftests(TREE $tree TARGETS passes EACH passes)"
    refused "there is a target 'kselftest'" "ktest_add_kselftests(TREE $tree TARGETS passes)" \
        "ktest_add_kselftests(TREE $tree TARGETS hangs)"
    refused "TIMEOUT '5m' is not a number of seconds" "ktest_add_kselftests(TREE $tree TARGETS passes TIMEOUT 5m)"
    mkdir -p 'a tree/tools/testing'
    cp -r "$tree/tools/testing/selftests" 'a tree/tools/testing'
    refused "do not bear ' ' in $work/a tree" 'ktest_add_kselftests(TREE "a tree" TARGETS passes)'
    refused "do not bear ' ' in $work/build/self tests" "ktest_add_kselftests(NAME \"self tests\" TREE $tree TARGETS passes)"
    project "ktest_add_kselftests(TREE $tree TARGETS passes MEM 2Q)"
    says 'the case kselftest.passes will fail:'
}

# broken NAME PATTERN: the case of this script is there, and fails with these words.
broken() {
    run_ctest 8 -R "^$1\$" --output-on-failure
    says_ctest "$2"
}

case_broken_scripts() {
    write_test fine 'echo MEM=256M'
    write_test not-executable 'echo MEM=256M'
    chmod -x not-executable
    write_test verbose 'head -c 1000000 /dev/zero | tr "\\0" x'
    write_test dies 'echo about >&2; exit 3'
    write_test wrong 'echo MEM=2Q'
    write_test hangs 'sleep 1000 & sleep 1000'
    project 'ktest_add_test(SCRIPT fine not-executable verbose dies wrong missing hangs)'
    says "the case wrong will fail:"
    [ "$(ctest --test-dir build -N | grep -c 'Test *#')" = 7 ] || fail "not every script is a case"
    broken not-executable "$work/not-executable: is not executable: chmod \+x"
    broken verbose 'verbose:deps: it printed more than 64K'
    broken dies 'dies:deps: it ended with status 3'
    broken dies '  about'
    broken wrong "wrong:deps:1: MEM: '2Q' is not a size"
    broken missing 'missing'
    nothing_left
}

case_script_changes() { # CMake notices, and finds new ones
    mkdir tests
    write_test tests/a.ktest 'echo MEM=256M'
    project 'ktest_add_tests(DIRECTORY tests)'
    write_test tests/b.ktest 'echo MEM=512M'
    sed -i 's/MEM=256M/MEM=1G; echo TESTS=x/' tests/a.ktest
    touch -d '+2 seconds' tests/a.ktest
    expect 0 cmake --build build
    list_tests
    for name in a.x b; do grep -qx "$name" listing || fail "no test $name: $(cat listing)"; done
    grep -q '"slots" : 1024' listing || fail "a.ktest has not the memory that it asks for now"
    rm tests/b.ktest
    expect 0 cmake --build build
    list_tests
    ! grep -qx b listing || fail "a test without its script is still there"
}

case_surroundings() { # closed standard streams, another directory, a build tree that cannot be written
    need_image
    write_test it 'echo MEM=256M'
    project 'ktest_add_test(SCRIPT it)'
    mkdir elsewhere
    (cd elsewhere && exec env "${variables[@]}" ctest --test-dir ../build <&- >"$sandbox/out" 2>"$sandbox/err") \
        || fail "with stdin closed, from elsewhere"
    [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null || return 0
    # The build tree of another user: CTest's own log is all that we let them write.
    chmod 755 "$sandbox"
    chmod -R a+rwX build/Testing
    mkdir -m 700 "$sandbox/theirs" "$sandbox/theirs/run"
    chown -R 65534:65534 "$sandbox/theirs"
    expect 8 env "${variables[@]}" HOME="$sandbox/theirs" XDG_RUNTIME_DIR="$sandbox/theirs/run" KTEST_IMAGE="$sandbox/none" \
        setpriv --reuid=65534 --regid=65534 --clear-groups ctest --test-dir build --output-on-failure
    says_ctest "$sandbox/none|no kernel to boot"
    chmod -R go-w build/Testing
    expect 8 env "${variables[@]}" setpriv --reuid=65534 --regid=65534 --clear-groups ctest --test-dir build
    says 'Permission denied'
}

"case_$1"
