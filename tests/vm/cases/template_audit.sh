#!/bin/bash
# Whatever a test does to its guest, it comes out alike in a booted and in a restored one; where it does not, --audit
# says what differs.
. "$(dirname "$0")/../case.sh"
own_templates
audit() { # STATUS TEST ARGUMENT...
    run ktest run --audit -t "${limit:-150}" "${@:2}"
    expect_status "$1"
    expect_stderr '^[A-Z ]+ .*\(cold, ready'
    expect_stderr '^[A-Z ]+ .*\(template [0-9a-f]{4} [0-9]+ (s|min), ready'
    expect_stderr '^ktest: audit: a restored guest says the same as a booted one$'
}
audit 0 "$examples/hello"
audit 3 "$(guest panics)"
ends=$(guest ends)
audit 1 "$ends" status
audit 1 "$ends" failed
audit 77 "$ends" skip
limit=4 audit 124 "$ends" sleep
reboots=$(guest reboots)
audit 3 "$reboots" sysrq
audit 3 "$reboots" poweroff
KTEST_ALLOW=1 audit 0 "$reboots" sysrq
expect_equal boots 3 "$(result_of "$reboots" 'r["boots"]')"

cat >differs <<'GUEST'
#!/bin/sh
if [ "$1" = deps ]; then
    echo again >>asked
    echo MEM=256M
    echo CPUS=1
    echo REQUIRE=asked
    exit
fi
printf 'KTAP version 1\n1..1\n'
if [ "$(wc -l </cdrom/asked)" = 1 ]; then echo "ok 1 alike"; else echo "not ok 1 alike"; fi
echo "<3>only here" >/dev/kmsg
echo "TEST SUCCESS"
GUEST
chmod +x differs
run ktest run --audit differs
expect_status 1
expect_stderr '^ktest: audit: booted: passed; restored: failed'
expect_stderr '^ktest: audit: only booted: subtest alike: passed$'
expect_stderr '^ktest: audit: only restored: subtest alike: failed$'
expect_no_match err 'only (booted|restored): kernel'
expect_stderr '^ktest: audit: they differ$'

run ktest run --audit --cold "$examples/hello"
expect_status 2
expect_stderr 'nothing to compare'
expect_gone "$ends"
