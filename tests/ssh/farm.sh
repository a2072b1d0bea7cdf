# shellcheck shell=bash
# A project whose cases run on two hosts, farm1 and farm2: each is an sshd of its own in the sandbox's directory, on a port
# of its own of the loopback interface. Nothing of the user's or the machine's ssh is read, nobody's account is changed.
# All end with the sandbox.
. "$(dirname "${BASH_SOURCE[0]}")/../launched_suite.sh" || exit
PATH=$PATH:/usr/sbin
sshd=$(command -v sshd) || skip "no sshd (apt-get install --no-install-recommends openssh-server)"
farm=$sandbox/farm
mkdir -m 700 "$farm"
declare -A pids ports
project_options=(-DKTEST_LAUNCHER=ssh "-DKTEST_HOSTS=farm1:2 farm2:2" "-DKTEST_LAUNCHER_ARGS=-F $farm/config")

# below PID: the processes below it. An sshd overwrites its environment by its title, so that no mark finds it.
below() {
    local pid
    for pid in $(pgrep -P "$1"); do echo "$pid"; below "$pid"; done
}

leave_farm() {
    local pid
    for pid in "${pids[@]}"; do kill -9 "$pid" $(below "$pid") 2>/dev/null; done
    leave
}
trap leave_farm EXIT

make_key() { ssh-keygen -q -t ed25519 -N '' -C '' -f "$1" </dev/null || fail "no key"; }

# add_host NAME [LINE]...: to ssh's configuration.
add_host() {
    printf '%s\n' "Host $1" "HostName $address" "Port ${ports[$1]}" "HostKeyAlias $1" "User $(id -un)" \
        "IdentityFile $farm/key" 'IdentitiesOnly yes' "UserKnownHostsFile $farm/known_hosts" \
        'GlobalKnownHostsFile /dev/null' 'StrictHostKeyChecking yes' 'AddressFamily inet' "${@:2}" >>"$farm/config"
}

listens() { grep -qs '^Server listening' "$farm/$1.log"; }
listens_or_ended() { listens "$1" || [ ! -e "/proc/${pids[$1]}" ]; }

# start_host NAME [LINE]...: its sshd, with those lines of sshd_config first, for it heeds the first of two.
start_host() {
    local name=$1 try
    shift
    make_key "$farm/$name.key"
    echo "$name $(cat "$farm/$name.key.pub")" >>"$farm/known_hosts"
    for try in 1 2 3 4 5; do # the port may be taken meanwhile
        ports[$name]=$(free_port)
        printf '%s\n' "$@" "Port ${ports[$name]}" "ListenAddress $address" "HostKey $farm/$name.key" 'PidFile none' \
            "AuthorizedKeysFile $farm/key.pub" 'StrictModes no' 'UsePAM no' 'UseDNS no' 'PermitRootLogin yes' \
            'PasswordAuthentication no' 'KbdInteractiveAuthentication no' 'PrintMotd no' 'PrintLastLog no' \
            'MaxStartups 100' "SetEnv HOME=$home XDG_RUNTIME_DIR=$runtime XDG_CACHE_HOME=$home/.cache" \
            >"$farm/$name.conf"
        # -e: what it says goes to its stderr. It does not carry the mark of the runs that it starts.
        env -u KTEST_SANDBOX "$sshd" -D -e -f "$farm/$name.conf" >"$farm/$name.log" 2>&1 </dev/null &
        pids[$name]=$!
        disown $! # or bash would tell how it ends
        eventually 20 listens_or_ended "$name" || fail "sshd does not start: $(cat "$farm/$name.log")"
        ! listens "$name" || break
    done
    listens "$name" || skip "no sshd can run here: $(cat "$farm/$name.log")"
    add_host "$name"
}

# start_farm: both hosts, and ssh has been there.
start_farm() {
    [ "$(id -u)" != 0 ] || [ -d /run/sshd ] || mkdir -p -m 755 /run/sshd # where sshd wants to be confined to
    [ -e "$farm/key" ] || make_key "$farm/key"
    start_host farm1
    start_host farm2
    ssh -F "$farm/config" -o BatchMode=yes farm1 true </dev/null >"$farm/probe" 2>&1 \
        || skip "sshd lets nobody in here: $(cat "$farm/probe" "$farm/farm1.log")"
}

# kill_host NAME: its sshd and the sessions, as far as the other side can tell a power cut.
kill_host() {
    local pid sessions=()
    for pid in $(below "${pids[$1]}"); do
        [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != sshd ] || sessions+=("$pid")
    done
    kill -9 "${pids[$1]}" "${sessions[@]}"
    unset "pids[$1]" # it may be another's soon
}
