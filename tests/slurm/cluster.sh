# shellcheck shell=bash
# A project whose cases run as jobs of a Slurm cluster of two nodes on this machine: munged, slurmctld and two slurmd in
# the sandbox's directory, on ports of their own, of the loopback interface alone. All end with the sandbox. Their
# processes carry a mark of their own, for what is left of a job carries the sandbox's.
# Slurm's daemons listen at the address of the host's name, so the test has a host's name of its own.
if [ -z "${KTEST_HOST_NAMED-}" ]; then
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(--user --map-root-user)
    if ! unshare "${as_root[@]}" --uts hostname localhost 2>/dev/null; then
        echo 'SKIPPED: no namespace for a host name of its own' >&2
        exit 77
    fi
    KTEST_HOST_NAMED=1 exec unshare "${as_root[@]}" --uts bash -c 'hostname localhost && exec bash "$@"' bash "$0" "$@"
fi
unset KTEST_HOST_NAMED
. "$(dirname "${BASH_SOURCE[0]}")/../launched_suite.sh" || exit
PATH=$PATH:/usr/sbin
for program in munged slurmctld slurmd srun; do
    command -v $program >/dev/null \
        || skip "no $program (apt-get install --no-install-recommends slurmctld slurmd slurm-client munge)"
done
cluster=$sandbox/cluster
variables+=("SLURM_CONF=$cluster/slurm.conf")
project_options=(-DKTEST_LAUNCHER=slurm)

# in_environment WORD...: processes in whose environment all of them are. That of slurmstepd has next to nothing in it.
in_environment() {
    local word files=(/proc/[0-9]*/environ)
    for word in "$@"; do
        mapfile -t files < <(grep -lzxF -- "$word" "${files[@]}" 2>/dev/null)
        [ ${#files[@]} -gt 0 ] || return 0
    done
    printf '%s\n' "${files[@]}" | cut -d/ -f3
}

leave_cluster() {
    local pid
    for pid in $(in_environment "SLURM_CONF=$cluster/slurm.conf"); do kill -9 "$pid" 2>/dev/null; done
    leave
}
trap leave_cluster EXIT

write_slurm_conf() { # CPUS of each node
    cat >"$cluster/slurm.conf" <<END
ClusterName=ktest
SlurmctldHost=$(hostname)($address)
SlurmctldPort=$(free_port)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket=$cluster/munge.sock
CryptoType=crypto/munge
StateSaveLocation=$cluster/state
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmctldLogFile=$cluster/slurmctld.log
SlurmdSpoolDir=$cluster/spool-%n
SlurmdPidFile=$cluster/slurmd-%n.pid
SlurmdLogFile=$cluster/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=500
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1
ReturnToService=2
SlurmdTimeout=10
KillWait=5
NodeName=n1 NodeHostname=$(hostname) NodeAddr=$address Port=$(free_port) CPUs=$1 RealMemory=8000 ${node_conf-} State=UNKNOWN
NodeName=n2 NodeHostname=$(hostname) NodeAddr=$address Port=$(free_port) CPUs=$1 RealMemory=8000 ${node_conf-} State=UNKNOWN
PartitionName=tests Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
${extra_conf-}
END
}

# in_cluster COMMAND...: of Slurm, or of a daemon.
in_cluster() { env "${variables[@]}" "KTEST_SANDBOX=cluster-$mark" "$@"; }

# daemon NAME COMMAND...: starts it in the background, as ${pids[NAME]}; what it says is in NAME.out.
declare -A pids
daemon() {
    (exec env "${variables[@]}" "KTEST_SANDBOX=cluster-$mark" "${@:2}") >"$cluster/$1.out" 2>&1 &
    pids[$1]=$!
    disown $! # or bash would tell how it ends
}

idle_nodes() { [ "$(in_cluster sinfo -hN -o '%N %t' 2>/dev/null | sort -u | grep -c ' idle$')" = "$1" ]; }

# start_cluster [CPUS]: of each node, 4 where not said.
start_cluster() {
    mkdir -p "$cluster/state"
    chmod 700 "$cluster"
    write_slurm_conf "${1:-4}"
    (umask 377 && head -c 1024 /dev/urandom >"$cluster/munge.key")
    daemon munged munged --foreground --force --socket="$cluster/munge.sock" --key-file="$cluster/munge.key" \
        --pid-file="$cluster/munged.pid" --log-file="$cluster/munged.log" --seed-file="$cluster/munged.seed"
    eventually 20 test -S "$cluster/munge.sock" || fail "munged does not start: $(cat "$cluster"/munged.*)"
    daemon slurmctld slurmctld -c -D -f "$cluster/slurm.conf"
    daemon n1 slurmd -N n1 -D -f "$cluster/slurm.conf"
    daemon n2 slurmd -N n2 -D -f "$cluster/slurm.conf"
    eventually 60 idle_nodes 2 || fail "the nodes do not come up: $(tail -n 5 "$cluster"/*.log)"
}

no_jobs() { [ -z "$(in_cluster squeue -h)" ]; }

# no_job_left [SECONDS]: Slurm has no job that waits, runs or ends.
no_job_left() { eventually "${1:-10}" no_jobs || fail "jobs are left: $(in_cluster squeue)"; }

# kill_node NODE: with all its steps, as a power cut does.
kill_node() {
    local pid steps=() tasks
    mapfile -t tasks < <(in_environment "SLURM_CONF=$cluster/slurm.conf" "SLURMD_NODENAME=$1")
    for pid in "${tasks[@]}"; do
        pid=$(sed -n 's/^PPid:\t//p' "/proc/$pid/status" 2>/dev/null)
        [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != slurmstepd ] || steps+=("$pid")
    done
    kill -9 "${pids[$1]}" "${steps[@]}" "${tasks[@]}" 2>/dev/null
}
