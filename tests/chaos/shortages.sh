# What a run needs of the host is short, as much as is drawn: it passes, or says what it lacked, and nothing is left; who
# has enough does not notice.
. "$(dirname "$0")/chaos.sh" || exit

# Every other run has two nodes. Each writes as much as may be too much to its disks and its output.
printf '%s\n' '#!/bin/bash' 'if [ "$1" = deps ]; then printf "%s\n" MEM=256M SCRATCH=32M; exit; fi' 'set -e' \
    'for i in 1 2 3; do' 'dd if=/dev/urandom of=/dev/vda bs=1M count=8 seek=$((8 * i)) oflag=direct status=none' \
    'head -c 8M /dev/urandom >/var/$i && sync && head -c 4M /dev/urandom >"$KTEST_OUT/$i" && head -c 1M /dev/zero | base64' \
    'done' 'echo TEST SUCCESS' >victim0
sed 's/SCRATCH/NODES=one,other &/; s/^for i/ping -q -i 0.2 -c 5 other >\/dev\/null; &/' victim0 >victim1
chmod +x victim0 victim1

# outcome STATUS WORDS: of the run that had what $drawn says; its words are in $said.
said=$sandbox/said
passed=0 refused=0
outcome() {
    case $1 in
        0)
            passed=$((passed + 1))
            grep -q '^PASSED victim' "$said" || fail "$drawn: no verdict: $(cat "$said")"
            ;;
        125)
            refused=$((refused + 1))
            ! grep -q '^PASSED' "$said" || fail "$drawn: its words are not its status: $(cat "$said")"
            grep -qE -- "$2" "$said" || fail "$drawn: it does not say '$2': $(cat "$said")"
            ;;
        *) fail "$drawn: ended with $1: $(cat "$said")" ;;
    esac
    eventually 10 only_bystanders_left || fail "$drawn: left [$(left_processes)] [$(busy_slots)] [$(ls -A "$scratch")]"
    [ "$1" = 0 ] || ! grep -lE '"verdict": *"passed"' .ktest/out/victim*/latest/result.json 2>/dev/null \
        || fail "$drawn: result.json says passed"
    rm -rf .ktest/out/victim*
}

# run_victim COMMAND...: this round's run, by what the command makes of it; its status in $status.
run_victim() {
    status=0
    env "${variables[@]}" timeout --foreground 200 "$@" "$KTEST" run --slot-wait 20 victim$((round % 2)) \
        >"$said" 2>&1 </dev/null || status=$?
    [ $status != 124 ] || fail "$drawn: it does not end: $(cat "$said")"
}

lack_descriptors() {
    local most=$((round % 4 == 0 ? 8 + RANDOM % 120 : 128 + RANDOM % 64))
    drawn="$most descriptors"
    run_victim prlimit --nofile=$most
    outcome $status 'Too many open files|only [0-9]+ files may be open'
}

# Somebody's filler takes the disk, at some moment, of all that a run writes to one place.
lack_disk() {
    local places=("$scratch" "$work/.ktest" "$sandbox/cache" "$home/.ktest/templates")
    local place=${places[RANDOM % 4]} room=$((RANDOM % 40)) moment
    moment=$((RANDOM % 4)).$((RANDOM % 10))
    drawn="$room MiB in ${place#"$sandbox"/} from $moment s on"
    mkdir -p "$place"
    run_victim unshare -m sh -c 'mount -t tmpfs -o size=400M tmpfs "$1" && cd . || exit 99
        (sleep "$2" && head -c "$((400 - $3))M" /dev/zero >"$1/filler") 2>/dev/null &
        shift 3
        "$@"
        status=$?
        kill $! 2>/dev/null
        exit $status' sh "$place" "$moment" "$room"
    outcome $status "No space left on device|the host's disk is full"
}

# Somebody listens at ports of slots that nobody has claimed; a restless one takes others all the time, and gives them back.
lack_ports() {
    local most=$((RANDOM % 2 == 0 ? 100 - RANDOM % 4 : RANDOM % 101)) restless=$((RANDOM % 2)) seed=$RANDOM
    drawn="$most ports stolen, restless $restless, seed $seed"
    run_victim unshare -n sh -c 'ip link set lo up && exec python3 -c "
import random, socket, subprocess, sys, time
seed, most, restless = (int(word) for word in sys.argv[1:4])
random.seed(seed)
held = []
def take(port):
    try: held.append(socket.create_server((\"127.0.0.1\", port)))
    except OSError: pass # ktest or a VM was faster
for port in random.sample(range(9000, 9100), most): take(port)
run = subprocess.Popen(sys.argv[4:])
while restless and run.poll() is None:
    if held: held.pop(random.randrange(len(held))).close()
    time.sleep(random.random() / 100)
    for _ in range(most - len(held)): take(random.randrange(9000, 9100))
sys.exit(run.wait())" "$@"' sh $seed $most $restless
    outcome $status 'ssh ports?'
}

# Neither ktest nor what it starts gets as much memory as it asks for.
lack_memory() {
    local most=$((1 << (26 + RANDOM % 7)))
    most=$((most + most / 100 * (RANDOM % 100)))
    drawn="$((most >> 20)) MiB of addresses"
    run_victim prlimit --as=$most
    outcome $status 'Cannot allocate memory|bad_alloc|Resource temporarily unavailable'
}

# A process more is one too many for the group that they are in.
lack_processes() {
    local most=$((1 + RANDOM % 30)) group=$groups/$mark
    drawn="$most processes"
    mkdir "$group" && echo $most >"$group/pids.max" || fail "no group in $groups"
    run_victim sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' sh "$group"
    outcome $status 'Resource temporarily unavailable|cannot create thread|fork'
    eventually 5 rmdir "$group" || fail "$drawn: processes are left in its group"
}

# What can be short here.
kinds=(descriptors memory)
unshare -mn true 2>/dev/null && kinds+=(disk ports)
for groups in /sys/fs/cgroup/pids /sys/fs/cgroup; do # version 1, version 2 (the kernel's Documentation/admin-guide)
    if mkdir "$groups/$mark" 2>/dev/null; then
        [ ! -e "$groups/$mark/pids.max" ] || kinds+=(processes)
        rmdir "$groups/$mark"
        [[ ${kinds[*]} != *processes* ]] || break
    fi
done
if [ $# -gt 0 ]; then
    [[ " ${kinds[*]} " == *" $1 "* ]] || skip "$1 cannot be made short here"
    kinds=("$1")
fi

for victim in victim0 victim1; do
    for round in 1 2; do expect 0 ktest run $victim; done
done
rm -rf .ktest/out
declare -A times
for round in $(seq "$rounds"); do
    [ $((round % 7)) != 0 ] || expect 0 ktest template prune --all
    start_bystanders
    kind=${kinds[RANDOM % ${#kinds[@]}]}
    "lack_$kind"
    times[$kind]=$((${times[$kind]-0} + 1))
    [ -z "${VERBOSE-}" ] || echo "$drawn: $status: $(grep -v '^ktest: kernel' "$said" | grep -m1 -E '^(ktest|UNAV|PASS)')"
    count_bystanders
done
await_bystanders
[ -z "$(traces)" ] || fail "left: $(traces)"
for kind in "${!times[@]}"; do echo "$kind short: ${times[$kind]} rounds"; done
echo "$rounds rounds beside $beside runs: $passed passed, $refused refused, nothing left, $passed_beside bystanders passed"
