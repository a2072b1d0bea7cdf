#!/bin/bash
# A test brings a library, the library another; each brings what it needs, and what they need together is there.
. "$(dirname "$0")/../case.sh"

test=$(guest libraries)
mkdir -p lib/deep
cat >lib/disks.sh <<'EOF'
#!/bin/sh
# Sourced by a test; asked by itself it says what its functions need.
if [ "${0##*/}" = disks.sh ]; then
    printf '%s\n' SCRATCH=8M,24M REQUIRE=table TEST_REQUIRE=deep/say.sh APPEND=words_of=disks
    exit
fi
. say.sh
disk_size() { say "$1 has $(cat /sys/block/"$1"/size) sectors"; }
EOF
cat >lib/deep/say.sh <<'EOF'
#!/bin/sh
if [ "${0##*/}" = say.sh ]; then
    printf '%s\n' CPUS=3 MEM=300M REQUIRE=words
    exit
fi
say() { echo "$(cat words): $*"; }
EOF
chmod +x lib/disks.sh lib/deep/say.sh
echo "of the library" >lib/table
echo "said deep down" >lib/deep/words

run ktest list "$test"
expect_status 0
expect_line "$test  300M  cpus 3  scratch 16M,24M  libraries lib/deep/say.sh,lib/disks.sh"
run ktest list --json "$test"
expect_equal "the requirements of all" "['lib/table', 'lib/deep/words']" \
    "$(python3 -c 'import json; print(json.load(open("out"))[0]["require"])')"

run ktest run "$test"
expect_status 0
expect_line "said deep down: vda has 32768 sectors"
expect_line "said deep down: vdb has 49152 sectors"
expect_line "said deep down: 3 CPUs"
expect_line "of the library"
expect_line "words_of=disks"

# A library of functions alone, beside the test, is sourced on the host and in the guest by the same line.
printf '%s\n' 'needs() { echo MEM=256M; echo REQUIRE=functions.sh; }' 'greet() { echo "TEST SUCCESS"; }' >functions.sh
for how in '. "$(dirname "$0")/functions.sh"' '. functions.sh'; do
    printf '%s\n' '#!/bin/sh' "$how" 'if [ "$1" = deps ]; then needs; else greet; fi' >"sources-$$"
    chmod +x "sources-$$"
    run ktest run "sources-$$"
    expect_status 0
done
