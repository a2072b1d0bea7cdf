#!/bin/bash
# Alice runs VMs on a machine where Mallory has an account, too, and root has work to do. Who may do what is seen from
# inside of namespaces: the users, /etc, /tmp, the ports and the processes are this test's own, and gone with it.

set -u
skip() {
    echo "SKIPPED: $*"
    exit 77
}

if [ "${1-}" != inside ]; then
    : "${KTEST:?}" "${VM_START:?}" "${KTEST_INIT:?}"
    [ "$(id -u)" = 0 ] || skip "only root can be several users"
    for program in useradd setpriv unshare python3 ssh ssh-keygen ip flock qemu-system-x86_64; do
        command -v $program >/dev/null || skip "no $program"
    done
    unshare -mnp --fork --mount-proc true 2>/dev/null || skip "no namespaces can be made here"
    [ -e "$HOME/.ktest/root" ] && [ -e "$HOME/.ktest/kernels/default" ] || skip "no image or kernel in $HOME/.ktest"
    place=$(mktemp -d /tmp/ktest-users-XXXXXX)
    trap 'rm -rf "$place"' EXIT
    chmod 755 "$place"
    mkdir "$place"/{bin,home,tmp,kernel}
    chmod 1777 "$place/tmp"
    cp "$KTEST" "$VM_START" "$KTEST_INIT" "$place/bin"
    cp -r "$HOME/.ktest/kernels/default/." "$place/kernel"
    cp --sparse=always "$HOME/.ktest/root" "$place/image"
    cp -r "$(dirname "$0")" "$place/test"
    cp -a /etc "$place/etc"
    chmod -R go+rX "$place/bin" "$place/kernel" "$place/image" "$place/test"
    unshare -mnp --fork --kill-child --mount-proc bash "$place/test/users.sh" inside "$place"
    exit
fi

mount --bind "$2" /mnt && mount --bind /mnt/etc /etc && mount --bind /mnt/tmp /tmp && ip link set lo up \
    && cd / || exit
for user in alice mallory; do
    useradd --system --create-home --home-dir /mnt/home/$user --shell /bin/sh ktest-$user 2>/mnt/err || {
        cat /mnt/err
        exit 1
    }
    chmod 755 /mnt/home/$user # as homes were for long
    install -d -o ktest-$user -g ktest-$user /mnt/home/$user/tests
done
alice=$(id -u ktest-alice)
mallory=$(id -u ktest-mallory)

fail() {
    echo "FAILED: $1"
    for file in /mnt/err /mnt/run.*; do [ ! -s "$file" ] || sed "s|^|$file: |" "$file"; done
    exit 1
}
# as USER COMMAND...: in a directory of theirs, with nothing of root's, and no umask.
as() {
    local user=$1
    shift
    setpriv --reuid="ktest-$user" --regid="ktest-$user" --init-groups \
        env -i HOME="/mnt/home/$user" PATH=/mnt/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin KTEST_ACCEL=tcg \
        KTEST_IMAGE=/mnt/image KTEST_KERNEL=/mnt/kernel sh -c 'cd ~/tests && umask 000 && exec "$@"' sh "$@"
}
root() { env -u XDG_RUNTIME_DIR -u XDG_CACHE_HOME HOME=/root PATH=/mnt/bin:"$PATH" "$@"; }
# expect STATUS COMMAND...
expect() {
    local wanted=$1 status=0
    shift
    "$@" >/mnt/out 2>/mnt/err </dev/null || status=$?
    [ "$status" = "$wanted" ] || fail "'$*' ended with $status, not $wanted"
}
says() { grep -qE -- "$1" /mnt/err || fail "stderr does not say '$1'"; }
# denied COMMAND...: Mallory cannot do that, and learns nothing by trying.
denied() {
    as mallory "$@" >/mnt/out 2>/mnt/err </dev/null && fail "mallory can: $*"
    [ ! -s /mnt/out ] || fail "mallory learns by '$*': $(head -c 100 /mnt/out)"
}
# eventually SECONDS COMMAND...
eventually() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.02
    done
}

# What root must not lose, at places where a wrong step would lead.
mkdir -p /mnt/precious/vm/03 /mnt/precious/slots
echo precious | tee /mnt/precious/vm/03/record.json /mnt/precious/slots/03.lock >/mnt/precious/kvm
chmod -R go= /mnt/precious
untouched() {
    [ "$(find /mnt/precious -type f -exec cat {} +)" = "$(printf 'precious\n%.0s' 1 2 3)" ] \
        && [ "$(find /mnt/precious | wc -l)" = 7 ] || fail "$1: lost: $(find /mnt/precious -ls)"
}

# Who is first in /tmp has nothing of it.
for who in alice root; do
    [ $who = root ] && runs=root squatted=/tmp/ktest-0 || runs="as alice" squatted=/tmp/ktest-$alice
    as mallory ln -s /mnt/precious $squatted
    for tool in "stop 3" list "start --slot-wait 0"; do
        expect 125 $runs vm-start $tool
        says "$squatted: not a directory of yours alone .* or name another place by XDG_RUNTIME_DIR"
    done
    as mallory rm $squatted
    as mallory mkdir -p $squatted/vm/03
    expect 125 $runs vm-start stop 3
    rm -r $squatted
    untouched "$squatted"
done
# Nor who leaves a .ktest where others work; a run in it would end there, and tell them where it went instead.
as mallory ln -s /mnt/precious /tmp/.ktest
printf '#!/bin/sh\necho MEM=256M\necho CONFIG=NO_SUCH_OPTION\n' >/mnt/skipped
chmod 755 /mnt/skipped
expect 77 root sh -c 'cd /tmp && exec env KTEST_ACCEL=tcg KTEST_IMAGE=/mnt/image KTEST_KERNEL=/mnt/kernel ktest run /mnt/skipped'
says '^ktest: /tmp/.ktest: another user.s: the files of this run are in /tmp/ktest-0/out/skipped/'
untouched "a .ktest in /tmp"
as mallory rm /tmp/.ktest

# The machine's slots: anybody locks them, nobody changes them.
expect 0 root vm-start genips
for change in 'rm /etc/vms/07.lock' 'mv /etc/vms/07.lock /etc/vms/08.lock' 'echo >/etc/vms/07.lock' \
    'chmod 666 /etc/vms/07.lock' 'ln -sf /mnt/precious/kvm /etc/vms/07.lock' 'echo >/etc/vms/Vm.dhcp'; do
    denied sh -c "$change"
done

# Alice has a template, and a VM that was restored from it.
printf '%s\n' '#!/bin/sh' '[ "$1" != deps ] || { echo MEM=256M; echo SCRATCH=16M; exit; }' 'exit 1' >/mnt/home/alice/tests/fails
chmod 755 /mnt/home/alice/tests/fails
for run in 1 2; do expect 1 as alice ktest run --no-hold ./fails; done
as alice ktest run ./fails >/mnt/run.out 2>/mnt/run.err </dev/null &
run=$!
eventually 120 grep -qs 'ktest stop' /mnt/run.err || fail "alice's VM does not stay"
expect 0 root vm-start list --json
slot=$(python3 -c 'import json; print(*[vm["slot"] for vm in json.load(open("/mnt/out")) if vm["user"] == "ktest-alice"])')
owner=$(python3 -c 'import json; print(*[vm["pid"] for vm in json.load(open("/mnt/out")) if vm["user"] == "ktest-alice"])')
qemu=$(pgrep -x -u "$alice" -f '/?[a-z/]*qemu-system-x86_64 .*')
lock=/etc/vms/$(printf %02d "$slot").lock
vm=/tmp/ktest-$alice/vm/$(printf %02d "$slot")
template=$(echo /mnt/home/alice/.ktest/templates/*/memory)
[ -S "$vm/mon" ] && [ -f "$template" ] && [ -d "/proc/$qemu" ] || fail "alice's VM is not as it should be"

# Mallory reaches nothing of it.
for secret in "$template" /mnt/home/alice/.ktest/id_ed25519 "$vm/record.json" "/proc/$qemu/environ" "/proc/$qemu/mem" \
    "/proc/$owner/environ"; do
    [ -e "$secret" ] || fail "there is no $secret"
    denied cat "$secret"
done
for directory in "/tmp/ktest-$alice" "$vm" /mnt/home/alice/.ktest /mnt/home/alice/.ktest/templates "/proc/$qemu/fd"; do
    denied ls "$directory"
    denied touch "$directory/here"
done
for socket in mon kgdb; do denied python3 /mnt/test/reach.py connect "$vm/$socket"; done
for way in trace take_descriptor terminate; do denied python3 /mnt/test/reach.py $way "$qemu"; done
denied vm-start stop "$slot"
says "slot $(printf %02d "$slot"): its VM is user $alice's: only they and root can stop it"
denied vm-start mon "$slot"
denied flock -n "$lock" true
denied python3 /mnt/test/reach.py unlock "$lock"
as mallory ssh-keygen -q -t ed25519 -N '' -f key
denied ssh -F none -i key -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no \
    -o UserKnownHostsFile=/dev/null -p $((9000 + slot)) root@127.0.0.1 true
says 'Permission denied \(publickey\)'
expect 0 as alice ktest ssh -- true

# Mallory takes a slot by a program that runs as root, has a root's service hold it too, and forges what can be forged.
taken=$(((slot + 1) % 100))
name=$(printf %02d $taken)
cp "$(command -v sleep)" /mnt/bin/privileged
chmod 4755 /mnt/bin/privileged
root python3 /mnt/test/reach.py serve /tmp/service >/mnt/run.service 2>&1 &
service=$!
eventually 20 test -S /tmp/service || fail "there is no service"
as mallory mkdir -p "/tmp/ktest-$mallory/vm" "/tmp/ktest-$mallory/slots"
as mallory ln -s /mnt/precious/vm/03 "/tmp/ktest-$mallory/vm/$name"
as mallory ln -s /mnt/precious/kvm "/tmp/ktest-$mallory/slots/$name.lock"
as mallory python3 /mnt/test/reach.py take "/etc/vms/$name.lock" /tmp/service /mnt/bin/privileged 1000 &
taker=$!
eventually 20 grep -q held /mnt/run.service || fail "the service holds nothing"
eventually 20 pgrep -x privileged >/mnt/out || fail "the privileged program does not run"
expect 0 root vm-start list
grep -qE "^$name +- .* ktest-mallory " /mnt/out || fail "the list does not say that it is mallory's: $(cat /mnt/out)"
expect 125 as alice vm-start stop $taken
says "only they and root can stop it"
expect 125 root vm-start stop $taken # what is mallory's ends, what is root's does not
says 'process [0-9]+ holds it still'
kill -0 "$service" || fail "mallory had root's service killed"
! pgrep -x privileged || fail "mallory's program lives"
wait $taker
kill "$service"
wait "$service" 2>/dev/null
untouched "mallory's traps"

# Nor has she root lose anything by changing it while root looks.
raced=$(((slot + 2) % 100))
name=$(printf %02d $raced)
as mallory ln -s /mnt/precious/vm/03 "/tmp/ktest-$mallory/vm/$name"
as mallory sh -c 'cd "$1" && while :; do
    mv vm away && ln -s /mnt/precious/vm vm && rm vm && mv away vm
    rm "vm/$2" && mkdir "vm/$2" && echo {} >"vm/$2/record.json" && rm -r "vm/$2" && ln -s /mnt/precious/vm/03 "vm/$2"
done' sh "/tmp/ktest-$mallory" "$name" 2>/dev/null &
changer=$!
is_taken() { ! flock -n "/etc/vms/$name.lock" true; }
for _ in {1..30}; do
    as mallory flock "/etc/vms/$name.lock" sleep 1000 &
    taker=$!
    eventually 20 is_taken || fail "mallory does not take slot $name"
    expect 0 root vm-start list
    expect 0 root vm-start stop $raced
    wait $taker 2>/dev/null
    ! is_taken || fail "slot $name is held still"
done
kill $changer
wait $changer 2>/dev/null
untouched "mallory's races"

# Root ends alice's VM, and all that is hers stays as it was.
expect 0 root vm-start stop "$slot"
wait "$run"
[ $? = 130 ] || fail "alice's run was not interrupted"
expect 0 as mallory flock -n "$lock" true
others=$(find "/tmp/ktest-$alice" /mnt/home/alice/.ktest /mnt/home/alice/.cache ! -type l \
    '(' -perm /077 -o ! -user ktest-alice ')')
[ -z "$others" ] || fail "open to others, or not alice's: $others"
untouched "all of it"
echo "alice's VM, template and slot are hers; root lost nothing"
