#!/bin/bash
# What a case costs more as a job of Slurm than under plain ctest: one warm case, in turn with and without, 20 times; and
# 200 trivial cases over two nodes that are both this machine, beside `ctest -j2`. KTEST, PREFIX: what to measure, installed.
. "$(dirname "$0")/../slurm/cluster.sh" || exit
need_image
cases=${1:-200}

write_test it 'echo MEM=256M'
project "foreach(i RANGE 1 $cases)" 'ktest_add_test(NAME it-${i} SCRIPT it)' 'endforeach()'
expect 0 cmake -S . -B plain -DCMAKE_PREFIX_PATH="$PREFIX"
start_cluster 2

# milliseconds BUILD ARGUMENT...: that ctest takes; all must pass.
milliseconds() {
    local begun=${EPOCHREALTIME/./}
    expect 0 env "${variables[@]}" ctest --test-dir "$@"
    echo $(((${EPOCHREALTIME/./} - begun) / 1000))
}
median() { sort -n | sed -n 10p; }

for round in 1 2 3; do milliseconds plain -R '^it-1$' >/dev/null; done # there is a template now
milliseconds build -R '^it-1$' >/dev/null
for round in {1..20}; do
    milliseconds plain -R '^it-1$' >>plain.times
    milliseconds build -R '^it-1$' >>slurm.times
done
echo "a warm case: $(median <plain.times) ms, as a job of Slurm $(median <slurm.times) ms (medians of 20)"

# In ten parts, in turn with and without, for what else the machine does. One more at a time than CPUs hides what Slurm
# does between two cases; with many more some would wait in its queue, to which it looks once a second.
plain=0 slurm=0
for ((first = 1; first <= cases; first += cases / 10)); do
    part=$first,$((first + cases / 10 - 1))
    plain=$((plain + $(milliseconds plain -j2 -I $part)))
    slurm=$((slurm + $(milliseconds build -j3 -I $part)))
done
echo "$cases cases: ctest -j2 $plain ms, over two nodes $slurm ms: ratio $((slurm / plain)).$(printf %02d $((slurm * 100 / plain % 100)))"
echo "$(cases_on n1) on n1, $(cases_on n2) on n2"
