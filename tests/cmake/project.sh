# shellcheck shell=bash
# A project that uses ktest: `build` in the sandbox's working directory is its build tree.
projects=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$projects/../sandbox.sh" || exit
: "${PREFIX:?where ktest is installed}" "${KTEST_BUILD:?the build tree it was installed from}"
export CMAKE_GENERATOR=Ninja
variables+=(CLICOLOR=0)
project_options=()

# configure SOURCE OPTION...: into the directory build.
configure() {
    expect 0 env "${variables[@]}" cmake -S "$1" -B build -DCMAKE_PREFIX_PATH="$PREFIX" "${@:2}"
}

# list_tests: what CTest tells of each test, in the file listing.
list_tests() {
    cmake -DBUILD="$PWD/build" -DPREFIX="$PREFIX" -P "$projects/listing.cmake" >listing || fail "no listing"
}

lists_as() {
    list_tests
    diff -u "$1" listing >&2 || fail "ctest --show-only=json-v1 lists otherwise"
}

# run_ctest STATUS ARGUMENT...: ctest in the build tree, in the sandbox's environment.
run_ctest() {
    expect "$1" env "${variables[@]}" ctest --test-dir build "${@:2}"
}

# says_ctest PATTERN: what ctest printed has it.
says_ctest() {
    grep -qE -- "$1" "$sandbox/out" || fail "ctest does not say '$1'"
}

# project LINE...: a project in the working directory that finds ktest and goes on so.
project() {
    printf '%s\n' 'cmake_minimum_required(VERSION 3.25)' 'project(sandbox NONE)' 'enable_testing()' \
        'find_package(ktest REQUIRED)' "$@" >CMakeLists.txt
    configure . "${project_options[@]}"
}
