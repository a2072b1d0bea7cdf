#!/bin/bash
# The examples of several nodes: a transfer, whose handshake a capture shows; a router that loses frames; a disk behind a
# cable that is cut, and healed or not.
. "$(dirname "$0")/../case.sh"

run ktest run --pcap "$examples/network/throughput"
expect_status 0
expect_match out '^client: 64 MiB in [0-9]+ ms$'
if command -v tshark >/dev/null; then
    shown() { tshark -r .ktest/out/throughput/latest/lan.pcapng -T fields -e frame.interface_name "$@" 2>/dev/null; }
    stream=$(shown -e tcp.stream -Y 'tcp.flags.syn == 1 && tcp.flags.ack == 1 && tcp.srcport == 80' | cut -f2)
    handshake=$(shown -e tcp.flags.str -Y "tcp.stream == $stream" | head -n 3 | sed 's/[^A-Za-z]//g' | tr '\n' ' ')
    expect_equal "the handshake" "clientS serverAS clientA " "$handshake"
fi

run ktest run "$examples/network/router"
expect_status 0
expect_match out '^client: the client sent [0-9]+ segments again$'

run ktest run "$examples/network/nvme" healed
expect_status 0
expect_line "host: healed"

run ktest run -t 40 "$examples/network/nvme" cut
expect_status 124
expect_stderr "^TIMED OUT nvme\.cut .*: in test: (target|host): after 40 s; .*target waits at the barrier 'done' for host"
for node in target host; do
    expect "the kernel's log of $node" [ -s ".ktest/out/nvme/latest/$node/kernel.log" ]
done
