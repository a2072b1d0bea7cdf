#!/bin/bash
# Who has no umask has nothing open to others; QEMU is sandboxed however it is started, and listens for ssh alone;
# what is in the caller's environment stays there.
. "$(dirname "$0")/../case.sh"
umask 077
own_templates
mkdir runtime
export XDG_RUNTIME_DIR=$case_directory/runtime XDG_CACHE_HOME=$case_directory/cache
[ ${#XDG_RUNTIME_DIR} -lt 80 ] || XDG_RUNTIME_DIR=$(mktemp -d /tmp/ktest-security-XXXXXX)
script=$(guest secrets)
umask 000

# A QEMU that writes down how it was started.
qemu=$(command -v qemu-system-x86_64)
mkdir bin
printf '%s\n' '#!/bin/sh' "echo \"\$(umask) \$*\" >>'$case_directory/starts'" "exec $qemu \"\$@\"" >bin/qemu-system-x86_64
chmod 755 bin/qemu-system-x86_64
PATH=$PWD/bin:$PATH

word=secret$RANDOM$RANDOM$RANDOM
export MY_TOKEN=$word KTEST_FIRST=${word:0:6} KTEST_SECOND=${word:6}

run ktest run --no-hold "$script"
expect_status 1
expect_line "searched for ${#word} letters"
expect_no_match out 'found in'
expect_line "HOME KTEST_BOOT KTEST_FIRST KTEST_OUT KTEST_SCRATCH KTEST_SECOND KTEST_SEED LOGNAME PATH TERM USER "
expect_stderr '\\x1b\]0;a title of the guest\\x07$' # told, not obeyed
expect_no_match err $'\033'
run ktest run --no-hold "$script" # makes a template
expect_status 1
expect_no_match out 'found in'
start held ktest run "$script" # is restored from it
held=$pid
await "$held" held/err "ktest stop"
expect_no_match held/out 'found in'

expect_equal "QEMUs" 3 "$(wc -l <starts)"
sandboxed='^0077 .* -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny '
expect_equal "QEMUs with a sandbox and a umask" 3 "$(grep -cE -e "$sandboxed" starts)"
expect_match starts 'share=on'
expect_match starts '-incoming defer'
machine=$(qemu_of "$script")
expect_match "/proc/$machine/status" '^Seccomp:\s*2$'
expect_match "/proc/$machine/status" '^NoNewPrivs:\s*1$'

run ktest ssh -- true # its own files are there, too
expect_status 0
run vm-start list --json
port=$(python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["ssh_port"])' <out)
if command -v ss >/dev/null; then
    expect_equal "listening sockets" "127.0.0.1:$port" "$(ss -Hltunp | grep "pid=$machine," | awk '{ print $5 }')"
fi
run ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentityFile=none \
    -o IdentityAgent=none -p "$port" root@127.0.0.1 true
expect_status 255
expect_stderr 'Permission denied \(publickey\)'

others=$(find "$XDG_RUNTIME_DIR" home/.ktest cache ! -type l -perm /077)
expect_equal "what others can use" "" "$others"
expect "the monitor should have a socket" test -S .ktest/vm/mon
expect "there should be a template" test -e home/.ktest/templates/*/memory
expect_equal "files with the secret" "" "$(grep -rlF -e "$word" "$XDG_RUNTIME_DIR" home/.ktest/templates .ktest cache held out err)"
expect_match ".ktest/out/$script/latest/qemu.sh" '-sandbox'
run ktest stop
finish "$held"
expect_status 130

# By hand it starts, too, with nothing open to others.
start by-hand sh ".ktest/out/$script/latest/qemu.sh"
by_hand=$pid
directory=
until [ -n "$directory" ] && [ -S "$directory/kgdb" ]; do
    kill -0 "$by_hand" || fail "qemu.sh has ended"
    directory=$(readlink "/proc/$by_hand/cwd")
    sleep 0.02
done
machine=$(qemu_of "$script")
expect_match "/proc/$machine/status" '^Seccomp:\s*2$'
expect_equal "what others can use" "" "$(find "$directory" -perm /077)"
kill "$machine"
finish "$by_hand"
expect_status 0
expect "its directory should be gone" test ! -e "$directory"

# The caller's umask is kept for what is theirs.
umask 077
run ktest run --no-hold "$script"
expect_status 1
expect_equal "what others can read" "" "$(find ".ktest/out/$script/latest/" -perm /077)"

case $XDG_RUNTIME_DIR in /tmp/ktest-security-*) rm -r "$XDG_RUNTIME_DIR" ;; esac
