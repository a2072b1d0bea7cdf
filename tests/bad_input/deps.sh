# A test that answers `deps` in a way that is no answer.
. "$(dirname "$0")/../sandbox.sh" || exit

refused() { # PATTERN COMMAND...: what a test whose deps does that gets
    local pattern=$1
    shift
    write_test it "$@"
    expect 2 ktest run it
    says "$pattern"
    no_run_left
    nothing_left
}

case_hangs() {
    refused '^ktest: it:deps: it took more than 10 s: a test asked for `deps` answers at once' \
        'setsid sleep 1000 & sleep 1000'
}
case_rubbish() { refused '^ktest: it:deps:1: ' 'head -c 1000 /dev/urandom | tr -d =; echo'; }
case_nul_bytes() { refused '^ktest: it:deps:1: ' 'printf "MEM=\\00012M\\n"'; }
case_ten_megabytes() { refused '^ktest: it:deps: it printed more than 64K' 'yes MEM=256M | head -c 10000000'; }
case_complains_for_ever() { refused '^ktest: it:deps: it printed more than 64K' 'yes complaint >&2'; }
case_fails() { refused '^ktest: it:deps: it ended with status 1:' 'echo oops >&2; exit 1'; }
case_is_killed() { refused '^ktest: it:deps: it was killed by signal 9' 'kill -9 $$'; }
case_nothing() { refused '^ktest: it:deps: .*MEM' true; }
case_no_memory() { refused '^ktest: it:deps: .*MEM' 'echo SCRATCH=1G'; }
case_zero_memory() { refused "^ktest: it:deps:2: MEM: .*" 'echo "# a guest of nothing"' 'echo MEM=0'; }
case_unknown_key() { refused '^ktest: it:deps:2: .*SCRATCHES.*SCRATCH' 'echo MEM=256M' 'echo SCRATCHES=1G'; }
case_bad_size() { refused "^ktest: it:deps:2: SCRATCH: '2Q' is not a size \(want 512M, 2G, ...\)" 'echo MEM=1G' 'echo SCRATCH=2Q'; }
case_key_twice() { refused '^ktest: it:deps:2: .*MEM' 'echo MEM=1G' 'echo MEM=2G'; }
case_shell_code() { # is never given to a shell
    refused '^ktest: it:deps:2: ' 'echo MEM=256M' 'echo "\$(touch $PWD/hacked)"'
    [ ! -e hacked ] || fail "it was evaluated"
}
case_no_such_subtest() {
    write_test it 'echo MEM=256M' 'echo TESTS=one,two'
    expect 2 ktest run it three
    says "^ktest: it: no subtest 'three' \(it has: one, two\)"
    no_run_left
}
case_too_many_nodes() { refused '^ktest: it:deps:2: NODES: 17 nodes: at most 16' 'echo MEM=256M; echo NODES=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q'; }
case_node_is_no_host_name() { refused "^ktest: it:deps:2: NODES: .*'a_b'" 'echo MEM=256M; echo NODES=a_b,c'; }
case_unknown_node() { refused "^ktest: it:deps:3: MEM.cleint: no node 'cleint' in NODES .did you mean client" 'echo MEM=256M; echo NODES=server,client; echo MEM.cleint=1G'; }
case_network_of_one() { refused "^ktest: it:deps:3: NETS: the network 'lan' has one node, client" 'echo MEM=256M; echo NODES=server,client; echo NETS=lan:client'; }
case_unknown_network() { refused "^ktest: it:deps:3: NETS: network 'lan': no node 'stranger' in NODES" 'echo MEM=256M; echo NODES=server,client; echo NETS=lan:server,stranger'; }
case_needs_kernel_tree() { refused '^ktest: it:deps: LREQUIRE: x: there is no kernel source tree' 'echo MEM=256M; echo LREQUIRE=x'; }

case_too_much_memory() { # more than the host has
    need_image
    write_test it 'echo MEM=2T'
    expect 125 ktest run it
    unavailable 'a guest with 2T of memory does not fit this host, which has '
    nothing_left
}
case_too_many_disks() {
    need_image
    write_test it 'echo MEM=256M' 'printf SCRATCH=1M; for i in $(seq 200); do printf ,1M; done; echo'
    expect 2 ktest run it
    says '^ktest: it:deps:2: SCRATCH: 201 scratch disks: at most 128 are possible'
    no_run_left
    nothing_left
}
case_interrupted() { # Ctrl-C while deps hangs
    write_test it 'touch asked; sleep 1000'
    ktest run it 2>/dev/null &
    eventually 20 test -e asked || fail "deps was not asked"
    kill -INT "$(left_processes | sort -n | head -1)"
    local status=0
    wait $! || status=$?
    [ $status = 130 ] || fail "ended with $status"
    nothing_left
}

"case_$1"
