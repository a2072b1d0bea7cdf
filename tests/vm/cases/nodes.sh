#!/bin/bash
# Several VMs of one test: what they see of each other, booted and restored, and whose fault it is when one fails.
. "$(dirname "$0")/../case.sh"
own_templates
test=$(guest nodes)

run ktest run --cold "$test" sight words files faults secrets late flood passes
expect_status 0
for part in sight words files faults secrets late flood passes; do
    expect_line "server: $part: seen"
    expect_line "client: $part: seen"
done
expect_line "server: 52:54:00:77:01:01"
expect_line "client: 52:54:00:77:01:02"
expect_stderr "^PASSED $test\..* \(2 nodes: cold, "
latest=.ktest/out/$test/latest
expect "a run that passed keeps no capture" [ ! -e "$latest/lan.pcapng" ]
expect "each node has its files" [ -s "$latest/server/kernel.log" -a -s "$latest/client/result.json" ]
expect_equal "what the nodes said" "['passed', 'passed']" "$(result_of "$test" '[n["verdict"] for n in r["nodes"]]')"
expect "the joint output is a file" cmp out "$latest/test.log"
expect_gone "$test-server"
expect_gone "$test-client"

# Each node has a template of its own.
run ktest run --warm "$test" sight
expect_status 0
run ktest run --pcap "$test" sight words files faults secrets late passes
expect_status 0
expect_stderr "\(2 nodes: templates, "
expect_equal "templates" 2 "$(ktest template list | grep -c 256M)"
if command -v tshark >/dev/null; then
    run tshark -r "$latest/lan.pcapng" -T fields -e frame.interface_name -Y icmp.type==8
    expect_line server
    expect_line client
    run tshark -r "$latest/lan.pcapng" -Y rarp
    expect "QEMU announces a restored guest once" [ "$(wc -l <out)" -le 2 ]
fi

run ktest run "$test" reboot
expect_status 0
expect_stderr "^PASSED .*, 2 boots\)"

run ktest run "$test" crash
expect_status 3
expect_stderr "^CRASHED .*: in test: client: kernel panic: sysrq triggered crash"
expect_stderr ": note: node server interrupted: stopped, because client did not pass\$"
expect "what passed the network is kept" [ -s "$latest/lan.pcapng" ]
run ktest run "$test" fails
expect_status 1
expect_stderr "^FAILED .*: client: exit status 3 without TEST SUCCESS"
run ktest run -t 5 "$test" absent
expect_status 124
expect_stderr "^TIMED OUT .*: in test: (server|client): after 5 s; server waits at the barrier 'data' for client"

start waiting ktest run -t 100 "$test" waits
await "$pid" waiting/out "server is here"
await "$pid" waiting/out "client is here"
run ktest ssh client -- hostname
expect_status 0
expect_line client
run ktest ssh -- hostname
expect_status 2
expect_stderr "which node\? \(there are (server, client|client, server)\)"
kill -INT "$pid"
finish "$pid"
expect_status 130
start killed ktest run -t 100 "$test" waits
await "$pid" killed/out "server is here"
kill -KILL "$pid"
finish "$pid"
for node in server client; do eventually_gone "$test-$node"; done

# What cannot be had is told before anything starts.
printf '%s\n' '#!/bin/sh' 'echo MEM=256M; echo NODES=a,b; echo MEM.b=4095G' >big
chmod +x big
run ktest run big
expect_status 125
expect_stderr "does not fit this host"
