# A test whose TEST_REQUIRE brings what cannot come along, or what disagrees.
. "$(dirname "$0")/../sandbox.sh" || exit

refused() { # PATTERN
    expect 2 ktest run it
    says "$1"
    one_line
    expect 2 ktest list it
    says "$1"
    no_run_left
    nothing_left
}

# it_requires LIBRARY [COMMAND...]: the test, which says more by the commands.
it_requires() {
    write_test it 'echo MEM=256M' "echo TEST_REQUIRE=$1" "${@:2}"
}

case_cycle() {
    it_requires a
    write_test a 'echo TEST_REQUIRE=lib/b'
    mkdir lib
    write_test lib/b 'echo TEST_REQUIRE=../a'
    expect 2 ktest run it
    says '^ktest: a:deps: TEST_REQUIRE: a cycle: a -> lib/b -> a$'
    nothing_left
}
case_itself() {
    it_requires it
    refused '^ktest: it:deps: TEST_REQUIRE: a cycle: it -> it$'
}
case_for_ever() { # each library brings another
    it_requires 'l1'
    for i in $(seq 70); do write_test "l$i" "echo TEST_REQUIRE=l$((i + 1))"; done
    refused '^ktest: l63:deps: TEST_REQUIRE: l64: more than 64 scripts would come along$'
}
case_missing() {
    it_requires lib.sh
    refused '^ktest: it:deps: TEST_REQUIRE: lib.sh: not found beside the test nor on PATH'
}
case_missing_for_a_library() {
    it_requires lib.sh
    write_test lib.sh 'echo TEST_REQUIRE=more/lib.sh'
    refused '^ktest: lib.sh:deps: TEST_REQUIRE: more/lib.sh: not found beside the test$'
}
case_not_executable() {
    it_requires lib.sh
    echo 'f() { true; }' >lib.sh
    refused '^ktest: it:deps: TEST_REQUIRE: lib.sh: is not executable: chmod \+x lib.sh \(.* REQUIRE\)$'
}
case_directory() {
    it_requires lib
    mkdir lib
    refused '^ktest: it:deps: TEST_REQUIRE: lib: is a directory'
}
case_library_fails() {
    it_requires lib.sh
    write_test lib.sh 'exit 3'
    refused '^ktest: lib.sh:deps: it ended with status 3$'
}
case_library_babbles() {
    it_requires lib.sh
    write_test lib.sh 'echo SCRATCHES=1G'
    refused '^ktest: lib.sh:deps:1: SCRATCHES: no such key \(did you mean SCRATCH\?\)$'
}
case_config_clash() {
    it_requires lib.sh 'echo CONFIG=BCACHE=y,FOO=m'
    write_test lib.sh 'echo CONFIG=FOO=y'
    refused '^ktest: it:deps: CONFIG: FOO=m clashes with FOO=y of lib.sh$'
}
case_two_say_nodes() {
    it_requires lib.sh 'echo NODES=one,two'
    write_test lib.sh 'echo NODES=server,client'
    refused '^ktest: it:deps: NODES: lib.sh has NODES, too'
}
case_required_by_a_library() {
    need_image
    it_requires lib/lib.sh
    mkdir lib
    write_test lib/lib.sh 'echo REQUIRE=beside-the-test'
    echo 1 >beside-the-test
    expect 2 ktest run it
    says '^ktest: lib/lib.sh:deps: REQUIRE: beside-the-test: not found beside the test'
    no_run_left
}

"case_$1"
