#!/bin/bash
# The first example passes, says just what the test says, and leaves every file that a run promises.
. "$(dirname "$0")/../case.sh"

run ktest run --cold "$examples/hello"
expect_status 0
release=$(result_of hello 'r["kernel"]["release"]')
printf 'Hello from Linux %s\nTEST SUCCESS\n' "$release" >expected
expect "stdout should be what the test says and nothing else" cmp expected out
expect_stderr "^PASSED hello on $release \(.*\)  [0-9.]+ s  \(cold, ready [0-9.]+, test [0-9.]+\)$"

latest=.ktest/out/hello/latest
for name in test.log kernel.log console.log qemu.sh result.json junit.xml; do
    expect "$name should be there" test -f "$latest/$name"
done
expect "test.log should be what the test said" cmp out "$latest/test.log"
expect "qemu.sh should be a script" sh -n "$latest/qemu.sh"
expect_equal artefacts "console.log kernel.log qemu.sh test.log" "$(result_of hello '" ".join(r["artefacts"])')"
expect_equal verdict "passed 0" "$(result_of hello 'r["verdict"] + " " + str(r["exit_status"])')"
expect_equal "junit.xml" "0 0 1" "$(python3 -c '
import sys, xml.etree.ElementTree as xml
suite = xml.parse(sys.argv[1]).getroot().find("testsuite")
print(suite.get("failures"), suite.get("errors"), len(suite.findall("testcase")))' "$latest/junit.xml")"
expect_match "$latest/kernel.log" '^\[ +0\.000000\] Linux version'
expect_match "$latest/kernel.log" 'ISO 9660 Extensions'

