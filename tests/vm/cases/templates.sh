#!/bin/bash
# The second run of a kind makes a template, the next ones start from it, and what starts from it is a fresh guest.
. "$(dirname "$0")/../case.sh"
own_templates
warm='\(template [0-9a-f]{4} [0-9]+ (s|min), ready [0-9.]+, test [0-9.]+\)$'
script=$(guest fresh)

# said NAME WORD: what a run said of it.
said() { sed -n "s/^$2 //p" "$1"; }

echo one >content
run ktest run "$script"
expect_status 0
expect_stderr "^PASSED .*\(cold, ready"
run ktest run "$script"
expect_status 0
expect_stderr "^PASSED .*$warm"
cp out first
first_log=$(head -n 20 ".ktest/out/$script/latest/kernel.log")
id=$(result_of "$script" 'r["start"].split()[1]')
expect_equal "a seed is kept" True "$(result_of "$script" 'type(r["shake"]) is int')"

# Another content at the same place of the payload's disk, of the same size.
echo two >content
before=$EPOCHREALTIME
run ktest run "$script"
after=$EPOCHREALTIME
expect_status 0
expect_stderr "^PASSED .*\(template $id "
cp out second
expect_equal "the payload" "$(md5sum <content | cut -c1-32)" "$(said second payload)"
expect "the payload of the first should be the first's" test "$(said first payload)" != "$(said second payload)"
expect_equal "bytes on a blank disk" 0 "$(said second scratch)"
expect "the wall clock should be between $before and $after" \
    awk -v at="$(said second clock)" -v from="$before" -v to="$after" 'BEGIN { exit !(at >= from && at <= to) }' /dev/null
for word in uuid urandom temporary auxiliary machine; do
    [ $word = machine ] || expect "$word should be drawn" test -n "$(said second $word)"
    [ -n "$(said second $word)" ] || continue # an image may have no machine-id
    expect "$word should differ" test "$(said first $word)" != "$(said second $word)"
done
expect_equal "the host's name" "$(said first host)" "$(said second host)"
expect_equal "the kernel's place, which a template keeps" "$(said first text)" "$(said second text)"
expect_equal "the head of kernel.log" "$first_log" "$(head -n 20 ".ktest/out/$script/latest/kernel.log")"
expect_match ".ktest/out/$script/latest/kernel.log" '^\[ +0\.000000\] Linux version'
expect_match ".ktest/out/$script/latest/kernel.log" 'ISO 9660 Extensions'

run ktest template list
expect_match out "^$id +[0-9]+ (s|min) +1 uses +[0-9]+ MiB  .*, 256M, 2 CPUs, 1 scratch disk$"

run ktest run --cold "$script"
expect_status 0
expect_stderr "^PASSED .*\(cold, ready"
sed 's/echo "MEM/echo "BOOT=cold"; &/' "$script" >"cold-$$"
chmod +x "cold-$$"
run ktest run "cold-$$"
expect_status 0
expect_stderr "^PASSED .*\(cold, ready"

# Disks of other sizes are no other kind of guest.
for size in 40M 3G 1537K; do
    sed "s/SCRATCH=16M/SCRATCH=$size/; s/head -c 16M/head -c 4K/; s/^yes.*/yes | dd of=\/dev\/vda bs=512 count=1 oflag=direct\n\
        echo \"size \$(blockdev --getsize64 \/dev\/vda)\"/" "$script" >"sized-$$"
    chmod +x "sized-$$"
    run ktest run "sized-$$"
    expect_status 0
    expect_stderr "^PASSED .*\(template $id "
    expect_equal "the size of a disk" "$(numfmt --from=iec $size)" "$(said out size)"
done

# Two at once have two slots, so two addresses, and the kernel's symbols are found where they lie.
cat >"stays-$$" <<'GUEST'
#!/bin/sh
[ "$1" != deps ] || { echo MEM=256M; echo SCRATCH=16M; exit; }
echo "mac $(cat /sys/class/net/eth0/address)"
echo "text $(sed -n 's/ T _text$//p' /proc/kallsyms)"
echo here
sleep 1000
GUEST
chmod +x "stays-$$"
for name in a b; do
    start $name bash -c "mkdir -p .ktest-$name && cd .ktest-$name && mkdir -p .ktest && exec ktest run ../stays-$$"
    eval "$name=$pid"
done
for name in a b; do await "${!name}" $name/out '^here$'; done
expect "addresses should differ" test "$(said a/out mac)" != "$(said b/out mac)"
expect_equal "kernel_text" "$(said a/out text)" "$(cat .ktest-a/.ktest/vm/kernel_text)"
(cd .ktest-a && ktest ssh -- 'cat /sys/class/net/eth0/address; hostname') >out 2>err || fail "ssh into a restored guest"
expect_equal "the address, by ssh" "$(said a/out mac)" "$(head -n1 out)"
for name in a b; do
    kill -INT "${!name}"
    finish "${!name}"
    expect_status 130
    expect_match $name/err "^INTERRUPTED .*\(template $id "
done


# Removing them is no harm to who comes next.
run ktest template prune
expect_stderr "^ktest: 0 of 1 templates removed"
run ktest template prune --all
expect_stderr "^ktest: 1 of 1 templates removed, [0-9]+ MiB"
run ktest template list
expect_equal "templates" "" "$(cat out)"
run ktest run "$script"
expect_status 0
expect_stderr "^PASSED .*$warm"
expect_gone "$script"
