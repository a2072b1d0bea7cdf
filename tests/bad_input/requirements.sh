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

"case_$1"
