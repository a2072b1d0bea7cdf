# Eight tests of two nodes each under ctest, four at a time, time after time: all pass, and nothing is left behind.
# KTEST_ROUNDS rounds (1).
. "$(dirname "$0")/../sandbox.sh" || exit
need_image
rounds=${KTEST_ROUNDS:-1}
unset KTEST_ROUNDS

printf '%s\n' '#!/bin/bash' 'if [ "$1" = deps ]; then printf "%s\n" MEM=256M CPUS=1 NODES=server,client; exit; fi' 'set -e' \
    'ktest-send "$KTEST_NODE" "$RANDOM"' 'ktest-net lan loss 2%' 'ktest-barrier begin' \
    'ping -q -i 0.01 -c 50 -W 30 server >/dev/null' 'ktest-wait server >/dev/null' 'ktest-barrier end' 'echo "TEST SUCCESS"' >pair
chmod +x pair
for i in 1 2; do expect 0 ktest run pair; done
for i in 1 2 3 4 5 6 7 8; do
    echo "add_test(pair$i \"$KTEST\" run --timeout 100 -o \"$work/out/$i\" \"$work/pair\")"
done >CTestTestfile.cmake
for ((round = 1; round <= rounds; ++round)); do
    expect 0 env "${variables[@]}" ctest -j 4
    nothing_left
done
echo "$rounds rounds of 8 tests of two nodes, 4 at a time: all passed, nothing left"
