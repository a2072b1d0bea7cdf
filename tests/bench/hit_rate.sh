#!/bin/bash
# How often templates serve: a suite of 100 trivial scripts whose MEM, CPUS and SCRATCH are mixed as people mix them, run
# twice. KTEST: the ktest to measure; KTEST_SEED chooses another mix.
. "$(dirname "$0")/../sandbox.sh" || exit
need_image
RANDOM=${KTEST_SEED:-1}
unset KTEST_SEED

any() { eval "echo \${$((1 + RANDOM % $#))}"; }
for i in $(seq -w 100); do
    scratch=$(any '' '' '' 1G 2G 512M,2G,2G 4G,4G 100M,1G "$((1 + RANDOM % 20))G")
    write_test "t$i" "echo MEM=$(any 256M 256M 512M 512M 512M 1G 1G 2G)" "echo CPUS=$(any 1 2 2 2 2 4)" \
        "$([ -z "$scratch" ] || echo "echo SCRATCH=$scratch")"
done

for round in first second; do
    begun=${EPOCHREALTIME/./}
    warm=0
    for test in t*; do
        expect 0 ktest run "$test"
        ! grep -q '^PASSED .*(template ' "$sandbox/err" || warm=$((warm + 1))
    done
    echo "$round round: $warm of 100 from a template, $(((${EPOCHREALTIME/./} - begun) / 1000000)) s"
    ktest template list >list
    echo "templates: $(wc -l <list), $(du -sm "$home/.ktest/templates" | cut -f1) MiB"
done
