# Restores one template time after time, several at once: every run passes, no kernel finds its clock unstable or a
# processor stuck, and no two guests draw the same random bytes. KTEST_ROUNDS restores (12), KTEST_BESIDE at once (4).
. "$(dirname "$0")/../sandbox.sh" || exit
need_image
rounds=${KTEST_ROUNDS:-12}
beside=${KTEST_BESIDE:-4}
unset KTEST_ROUNDS KTEST_BESIDE

write_test draws 'echo MEM=256M'
sed -i 's/^echo "TEST/od -An -tx8 -N16 \/dev\/urandom; cat \/proc\/sys\/kernel\/random\/uuid; &/' draws
expect 0 ktest run draws
expect 0 ktest run draws # makes the template

restore() { # NUMBER
    ktest run -o "$work/out/$1" draws >"$work/out/$1.txt" 2>"$work/out/$1.err" </dev/null \
        && grep -q '^PASSED .*(template ' "$work/out/$1.err"
}
mkdir out
failed=$(side_by_side "$rounds" "$beside" restore)
[ -z "$failed" ] || fail "these did not pass: $failed: $(cat out/*.err | grep -v '^PASSED')"
draws=$(sort -u out/*.txt | grep -vc '^TEST')
[ "$draws" = $((2 * rounds)) ] || fail "$((2 * rounds)) draws, but only $draws different ones"
# What the boot itself said stands at the head of every log.
! find out -name kernel.log -exec sed -s '1,/EXT4-fs (vd.): mounted/d' {} + \
    | grep -iE 'unstable|rcu.*(stall|detected)|soft lockup|hung task' || fail "a kernel complained"
nothing_left
echo "$rounds restores, $beside at once: all passed, $draws different draws"
