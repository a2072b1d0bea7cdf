# shellcheck shell=bash
# What is drawn at random goes on beside runs that must not notice, and leaves nothing.
# KTEST_ROUNDS rounds (5), KTEST_BESIDE runs beside them (2), KTEST_SEED. Source it with bash.
. "$(dirname "${BASH_SOURCE[0]}")/../sandbox.sh" || exit
need_image
rounds=${KTEST_ROUNDS:-5}
beside=${KTEST_BESIDE:-2}
RANDOM=${KTEST_SEED:-$$}
echo "seed ${KTEST_SEED:-$$}"
unset KTEST_ROUNDS KTEST_BESIDE KTEST_SEED
variables+=("XDG_CACHE_HOME=$sandbox/cache") # what the first runs make may be half made
mkdir "$sandbox/cache"

printf '%s\n' '#!/bin/sh' 'if [ "$1" = deps ]; then echo MEM=256M; echo SCRATCH=10M; exit; fi' \
    'for i in 1 2 3; do echo $i >/dev/vda && sync && sleep 1; done; echo TEST SUCCESS' >bystander
chmod +x bystander

# Bystanders. Each is a run that carries a mark of its own: $mark, which the sandbox's helpers look for.
go_beside() { exec env "${variables[@]}" "KTEST_SANDBOX=beside-$mark" "$KTEST" run --no-hold bystander >>"$sandbox/beside.log" 2>&1; }

bystanders=() passed_beside=0
start_bystanders() {
    while [ ${#bystanders[@]} -lt "$beside" ]; do
        go_beside &
        bystanders+=($!)
    done
}
count_bystanders() { # those that have ended must have passed
    local pid left=()
    for pid in "${bystanders[@]}"; do
        if kill -0 "$pid" 2>/dev/null; then
            left+=("$pid")
        else
            wait "$pid" || fail "a bystander ended with $?: $(tail -3 "$sandbox/beside.log")"
            passed_beside=$((passed_beside + 1))
        fi
    done
    bystanders=("${left[@]}")
}

# The slots that processes of bystanders do not hold must be free.
only_bystanders_left() {
    [ -z "$(left_processes)" ] && [ "$(busy_slots | wc -l)" -le ${#bystanders[@]} ] && [ -z "$(ls -A "$scratch")" ]
}

# await_bystanders: all have passed, and nothing is left of them.
await_bystanders() {
    while [ ${#bystanders[@]} -gt 0 ]; do
        wait "${bystanders[0]}" || fail "a bystander ended with $?: $(tail -3 "$sandbox/beside.log")"
        passed_beside=$((passed_beside + 1))
        bystanders=("${bystanders[@]:1}")
    done
    mark=beside-$mark nothing_left
}

locked_files() {
    local file
    find "$sandbox" -xdev -name '*.lock' | while read -r file; do flock -n "$file" true || echo "$file"; done
}

# What a run keeps has the name that it ought to have: nothing half made, no link beside the link that it would replace.
odd_names() {
    find "$runtime" -mindepth 1 -type f ! -path '*/slots/[0-9][0-9].lock' ! -path '*/vm/[0-9][0-9]/*'
    find "$home" "$work/.ktest" "$sandbox/cache" -xdev \( -name '*.new' -o -name '.new-*' -o -name '*.part' -o -name '.latest-*' -o -name 'vm.[0-9]*' \)
    find "$home/.ktest/templates" -type f ! -name '*.lock' -regex '.*\.[0-9]+'
    ls -A "$scratch"
}

# traces: whatever could outlive a run and the processes that made it.
traces() {
    odd_names
    locked_files
    grep -F "$sandbox" /proc/net/unix /proc/self/mountinfo
    losetup -nO BACK-FILE 2>/dev/null | grep -F "$sandbox"
    grep -lE '"verdict": *"(passed|failed)"' .ktest/out/victim*/*/result.json
} 2>/dev/null
