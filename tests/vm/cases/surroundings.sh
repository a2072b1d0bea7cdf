#!/bin/bash
# What a test sees in the guest: its files, its arguments, its environment, its network, a root of its own.
. "$(dirname "$0")/../case.sh"

test=$(guest surroundings)
mkdir -p tree/branch
echo deep >tree/branch/leaf
printf '#!/bin/sh\nexit 0\n' >tree/branch/program
chmod +x tree/branch/program
echo quoted >"it's a file"

# Says hello to whoever connects; prints its port first.
start listener python3 -u -c '
import socket
server = socket.create_server(("127.0.0.1", 0))
print("port", server.getsockname()[1])
while True:
    connection, _ = server.accept()
    connection.sendall(b"hello from the host\n")
    connection.close()'
await "$pid" listener/out '^port'
KTEST_LISTENER=$(sed -n 's/^port //p' listener/out)
export KTEST_LISTENER KTEST_FOO="some value, 'quoted'" OTHER_FOO=secret

run ktest run "$test" alpha beta -- "an argument" '' --like-an-option
expect_status 0
for argument in alpha beta "an argument" "" --like-an-option; do
    expect_line "argument <$argument>"
done
expect_line "kernel $(result_of "$test" 'r["kernel"]["release"]')"
expect_equal "a file of KTEST_OUT" kept "$(cat ".ktest/out/$test/latest/out/some/where/a file")"
expect_equal "a large file of KTEST_OUT" 3000000 "$(wc -c <".ktest/out/$test/latest/out/zeros")"
expect_equal "lines of dmesg that are not in kernel.log" "" "$(
    grep -vxFf ".ktest/out/$test/latest/kernel.log" ".ktest/out/$test/latest/out/dmesg")"
expect_equal "the subtests of the result" "['alpha', 'beta']" "$(result_of "$test" 'r["chosen"]')"

# The next run finds nothing of this one on its root; with NET=open it reaches the host.
KTEST_OPEN=1 run ktest run "$test"
expect_status 0
expect_line "ok root is writable and fresh"
expect_line "ok what the host answers"
expect_line "argument <>"
