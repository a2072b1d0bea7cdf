# A test that requires what cannot come along.
. "$(dirname "$0")/../sandbox.sh" || exit
need_image

refused() { # PATTERN REQUIRE
    write_test it 'echo MEM=256M' "echo 'REQUIRE=$2'"
    expect 2 ktest run it
    says "$1"
    no_run_left
    nothing_left
}

case_missing() { refused "^ktest: it:deps:.*REQUIRE: .*no-such-program" no-such-program; }

case_foreign_architecture() {
    cp /bin/true foreign
    printf '\267\000' | dd of=foreign bs=1 seek=18 conv=notrunc status=none # e_machine: aarch64
    refused '^ktest: it:deps:.*REQUIRE: .*foreign.*(aarch64|AArch64|arm64)' foreign
}

case_two_of_one_name() {
    mkdir one two
    echo 1 >one/data
    echo 2 >two/data
    refused '^ktest: it:deps:.*REQUIRE: .*data' one/data,two/data
}

case_named_as_the_test() {
    mkdir other
    echo 1 >other/it
    refused '^ktest: it:deps:.*REQUIRE: .*it' other/it
}

case_unreadable_elf() { # begins like a program and ends at once
    printf '\177ELF\002\001\001' >stump
    chmod +x stump
    refused '^ktest: it:deps:.*REQUIRE: .*stump' stump
}

no_python() { # an image of which the manifest says that it has none
    need_image
    grep -v /python3 "$home/.ktest/root.manifest" >manifest || skip "the image has no manifest"
    rm "$home/.ktest/root.manifest"
    mv manifest "$home/.ktest/root.manifest"
}
case_interpreter_not_in_image() {
    no_python
    printf '#!/usr/bin/python3\nprint(1)\n' >it.py
    printf '#!/usr/bin/env python3\nprint(1)\n' >env.py
    chmod +x it.py env.py
    refused '^ktest: it:deps: REQUIRE: it.py: its interpreter /usr/bin/python3 is not in the image' it.py
    refused '^ktest: it:deps: REQUIRE: env.py: its interpreter python3 is not in the image' env.py
}
case_interpreter_of_the_test() {
    no_python
    command -v /usr/bin/python3 >/dev/null || skip "no python3"
    printf '%s\n' '#!/usr/bin/python3' 'print("MEM=256M")' >it
    chmod +x it
    expect 2 ktest run it
    says '^ktest: it:1: its interpreter /usr/bin/python3 is not in the image'
    no_run_left
}

"case_$1"
