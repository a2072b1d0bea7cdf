#!/bin/bash
# What registering 1,000 scripts costs beside what it must cost: bare add_test() and each script's deps from one shell
# loop; and listing them beside the same properties set by hand. PREFIX: where ktest is installed.
set -eu
: "${PREFIX:?where ktest is installed}"
export CMAKE_GENERATOR=Ninja
count=${1:-1000}
place=$(mktemp -d /tmp/ktest-bench-XXXXXX)
trap 'rm -rf "$place"' EXIT
cd "$place"
mkdir scripts
for ((i = 0; i < count; i++)); do
    printf '%s\n' '#!/bin/sh' 'if [ "$1" = deps ]; then' '    echo "MEM=256M"' '    echo "CPUS=2"' '    exit' fi \
        'echo "TEST SUCCESS"' >"scripts/t$i.ktest"
done
chmod +x scripts/*

project() { # NAME LINE...
    mkdir "$1"
    printf '%s\n' 'cmake_minimum_required(VERSION 3.25)' "project($1 NONE)" 'enable_testing()' "${@:2}" >"$1/CMakeLists.txt"
}
project bare 'file(GLOB scripts CONFIGURE_DEPENDS ../scripts/*)' 'foreach(script IN LISTS scripts)' \
    'cmake_path(GET script STEM name)' 'add_test(NAME ${name} COMMAND ktest run ${script})' 'endforeach()'
project directory 'find_package(ktest REQUIRED)' 'ktest_add_tests(DIRECTORY ../scripts)'
project each 'find_package(ktest REQUIRED)' 'file(GLOB scripts CONFIGURE_DEPENDS ../scripts/*)' \
    'foreach(script IN LISTS scripts)' 'ktest_add_test(SCRIPT ${script})' 'endforeach()'

milliseconds() {
    local begun=${EPOCHREALTIME/./}
    "$@" >out 2>&1 || { cat out; exit 1; }
    echo $(((${EPOCHREALTIME/./} - begun) / 1000))
}
ask_all() { for script in scripts/*; do "./$script" deps; done; }
configure() { rm -rf "$1/build"; cmake -S "$1" -B "$1/build" -DCMAKE_PREFIX_PATH="$PREFIX"; }
list() { ctest --test-dir "$1/build" -N; }
median() { sort -n | sed -n 3p; }
ratio() { echo "$(($1 * 100 / $2))" | sed 's/..$/.&/; s/^\./0./'; }

for round in 1 2 3 4 5; do
    milliseconds ask_all >>deps.times
    for name in bare directory each; do milliseconds configure $name >>$name.times; done
done
must=$(($(median <deps.times) + $(median <bare.times)))
for name in directory each; do
    took=$(median <$name.times)
    echo "configuring $count scripts ($name): $took ms, add_test and deps $must ms: ratio $(ratio "$took" "$must") (medians of 5)"
done

# The same tests, the same properties, each set by hand.
project by-hand 'file(GLOB scripts CONFIGURE_DEPENDS ../scripts/*)' 'foreach(script IN LISTS scripts)' \
    'cmake_path(GET script STEM n)' \
    'add_test(NAME ${n} COMMAND ktest run --bound --ctest 01234567890123456789012345678901 ${script}' \
    '    WORKING_DIRECTORY ${CMAKE_BINARY_DIR})' \
    'set(run ${CMAKE_BINARY_DIR}/ktest-runs/${n}/.ktest/out/${n}.ktest/latest)' \
    'set_tests_properties(${n} PROPERTIES LABELS "ktest;scripts" TIMEOUT 600 PROCESSORS 2 SKIP_RETURN_CODE 77' \
    '    TIMEOUT_AFTER_MATCH "4200;ktest: .*: waiting for one" TIMEOUT_SIGNAL_NAME SIGTERM' \
    '    TIMEOUT_SIGNAL_GRACE_PERIOD 10' \
    '    SKIP_REGULAR_EXPRESSION "ktest skipped it: 01234567890123456789012345678901" REQUIRED_FILES ${script}' \
    '    ATTACHED_FILES_ON_FAIL "${run}/kernel.log;${run}/console.log;${run}/junit.xml"' \
    '    DEF_SOURCE_LINE ${script}:1 RESOURCE_GROUPS vm_mem_mib:256' \
    '    ENVIRONMENT "KTEST_SOURCE_FILE=${script};KTEST_SOURCE_LINE=1")' 'endforeach()'
configure by-hand >/dev/null 2>&1
for round in 1 2 3 4 5; do
    for name in directory by-hand; do milliseconds list $name >>$name.lists; done
done
echo "listing them: $(median <directory.lists) ms, the same by hand $(median <by-hand.lists) ms: ratio" \
    "$(ratio "$(median <directory.lists)" "$(median <by-hand.lists)") (medians of 5)"
