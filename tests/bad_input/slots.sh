# No slot to be had: all taken, or their ports in other hands.
. "$(dirname "$0")/../sandbox.sh" || exit
need_image
[ ! -e /etc/vms/00.lock ] || skip "the machine's own slots would be taken"
write_test it 'echo MEM=256M'
command -v perl >/dev/null || skip "no perl"

# Takes the locks of all slots for as long as process $holder lives.
take_all() {
    local number
    mkdir -p -m 700 "$runtime/ktest/slots"
    chmod 700 "$runtime/ktest"
    {
        for number in $(seq -w 0 99); do
            echo "exec {held}>>'$runtime/ktest/slots/$number.lock' && flock -n \$held || exit"
        done
        echo ": >'$sandbox/taken'; read -r"
    } >"$sandbox/take.sh"
    mkfifo "$sandbox/leash"
    bash "$sandbox/take.sh" <"$sandbox/leash" &
    holder=$!
    exec {leash}>"$sandbox/leash"
    eventually 20 test -e "$sandbox/taken" || fail "the slots could not be taken"
}
give_back() {
    exec {leash}>&-
    wait "$holder"
}

case_all_taken_and_no_waiting() {
    take_all
    expect 125 ktest run --slot-wait 0 it
    unavailable 'all 100 slots are taken \(vm-start list says by whom\), and --slot-wait 0 forbids to wait'
    give_back
    nothing_left
}

case_all_taken_for_too_long() {
    take_all
    expect 125 ktest run --slot-wait 1 it
    says '^ktest: all 100 slots are taken .*: waiting for one'
    unavailable 'all 100 slots are taken .*, and none became free in 1 s \(--slot-wait\)'
    give_back
    nothing_left
}

case_one_becomes_free() { # the run says once that it waits, and goes on
    take_all
    ktest run it >out 2>"$sandbox/err" {leash}>&- &
    eventually 20 grep -q 'waiting for one' "$sandbox/err" || fail "it does not say that it waits"
    give_back
    wait $! || fail "ended with $?"
    [ "$(grep -c 'slots are taken .*waiting for one' "$sandbox/err")" = 1 ] || fail "said more than once"
    says '^PASSED '
    nothing_left
}

case_interrupted_while_waiting() {
    take_all
    ktest run it 2>"$sandbox/err" &
    local status=0
    eventually 20 grep -q 'waiting for one' "$sandbox/err" || fail "it does not say that it waits"
    kill -INT "$(left_processes)"
    wait $! || status=$?
    [ $status = 130 ] || fail "ended with $status"
    no_run_left
    give_back
    nothing_left
}

# take_ports FIRST LAST: some other program listens there, in a child that ends with the sandbox.
take_ports() {
    command -v perl >/dev/null || skip "no perl"
    perl -MSocket -e '
        for my $port ($ARGV[0] .. $ARGV[1]) {
            socket(my $s, PF_INET, SOCK_STREAM, 0);
            setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
            if (bind($s, sockaddr_in($port, INADDR_LOOPBACK)) && listen($s, 1)) { push @held, $s }
        }
        open my $told, ">", $ARGV[2];
        print $told scalar @held;
        close $told;
        sleep 1000' "$1" "$2" "$sandbox/ports.new" &
    holder=$!
    eventually 20 test -s "$sandbox/ports.new" || fail "the ports could not be taken"
}

case_all_ports_in_other_hands() { # those of other VMs on this host included
        ip link set lo up 2>/dev/null || perl -e 'require "sys/ioctl.ph"' 2>/dev/null
EOT
    take_ports 9000 9099
    expect 125 ktest run --slot-wait 0 it
    unavailable "taken slots: 0; the ssh ports of the other 100 are other programs' .*ss -ltnp says whose"
    kill "$holder"
    nothing_left
}

case_port_taken_between_look_and_start() { # a stranger is faster than QEMU: the next slot serves
    cat >"$sandbox/bin/qemu-system-x86_64" <<'EOT'
#!/bin/bash
# The first QEMU finds its port taken; the others do not.
if mkdir "$STOLEN" 2>/dev/null; then
    for word; do
        case $word in *hostfwd=*) port=${word##*127.0.0.1:} port=${port%%-*} ;; esac
    done
    perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
        bind($s, sockaddr_in($ARGV[0], INADDR_LOOPBACK)) && listen($s, 1) or die; require POSIX; POSIX::close($_) for grep { $_ != fileno($s) } 1 .. 255;
        open my $told, ">", "$ENV{STOLEN}/port"; print $told $ARGV[0]; close $told; sleep 1000' "$port" \
        </dev/null &
    until [ -s "$STOLEN/port" ]; do sleep 0.01; done
fi
exec "$QEMU" "$@"
EOT
    chmod +x "$sandbox/bin/qemu-system-x86_64"
    local qemu
    qemu=$(command -v qemu-system-x86_64) || skip "no QEMU"
    variables+=("PATH=$sandbox/bin:$PATH" "STOLEN=$sandbox/stolen" "QEMU=$qemu")
    expect 0 ktest run it
    [ -s "$sandbox/stolen/port" ] || fail "no port was taken"
    says '^PASSED '
    ! grep -q "127.0.0.1:$(cat "$sandbox/stolen/port")" .ktest/out/it/latest/qemu.sh || fail "the same slot again"
    kill $(left_processes) 2>/dev/null # the stranger
    nothing_left
}

"case_$1"
