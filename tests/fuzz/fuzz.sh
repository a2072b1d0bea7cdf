#!/bin/sh
# fuzz.sh build SOURCE TREE: the fuzzers, in a build tree of their own; 77 where clang has no libFuzzer.
# fuzz.sh run TREE TARGET COUNT: tries the corpus and COUNT inputs made of it; 77 where the fuzzer was not built.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

case $1 in
build)
    trial='extern "C" int LLVMFuzzerTestOneInput(unsigned char const*, unsigned long) { return 0; }'
    echo "$trial" | clang++ -fsanitize=fuzzer,address -x c++ - -o /dev/null || exit 77
    cmake -S "$2" --preset fuzz -B "$3"
    exec cmake --build "$3" --target fuzzers
    ;;
run)
    fuzzer=$2/tests/fuzz/ktest-fuzz-$3
    [ -x "$fuzzer" ] || exit 77
    corpus=$here/corpus/$3
    [ "$3" != splat ] || corpus=$here/../unit/run/splats
    found=$2/found/$3 # what else it tried that reached new code
    rm -rf "$found"
    mkdir -p "$found"
    # By itself libFuzzer ends with 77 for what it has found.
    exec "$fuzzer" -error_exitcode=1 -runs="$4" -seed=1 -timeout=60 -artifact_prefix="$2/" "$found" "$corpus"
    ;;
esac
