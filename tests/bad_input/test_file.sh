# What is named as the test is not one.
. "$(dirname "$0")/../sandbox.sh" || exit

refused() { # PATTERN ARGUMENTS...: a usage error, told in one line, before anything was made
    local pattern=$1
    shift
    expect 2 ktest run "$@"
    says "$pattern"
    one_line
    no_run_left
    nothing_left
}

case_missing() { refused '^ktest: there: there is no such test' there; }

case_directory() {
    mkdir suite
    refused '^ktest: suite: is a directory: name a test in it' suite
}

case_not_executable() {
    write_test plain 'echo MEM=256M'
    chmod -x plain
    refused '^ktest: plain: is not executable: chmod \+x plain' plain
}

case_unreadable() {
    write_test secret 'echo MEM=256M'
    chmod 311 secret
    if [ "$(id -u)" = 0 ]; then
        chmod 755 "$sandbox" "$work"
        chown -R 65534 "$runtime"
        KTEST=$(readlink -f "$KTEST")
        as_user() { setpriv --reuid=65534 --clear-groups env "${variables[@]}" "$KTEST" "$@"; }
        as_user --version >/dev/null 2>&1 || skip "another user cannot run $KTEST"
    else
        as_user() { ktest "$@"; }
    fi
    expect 2 as_user run secret
    says '^ktest: secret: cannot be read: chmod \+r secret'
    nothing_left
}

case_no_interpreter() {
    printf '#!/there/is/none\n' >odd
    chmod +x odd
    refused '^ktest: odd:1: its interpreter /there/is/none cannot be run' odd
}

case_no_first_line() {
    printf 'echo MEM=256M\n' >odd
    chmod +x odd
    refused '^ktest: odd:1: neither a script nor a program: begin it with #!/bin/sh' odd
}

case_fifo() {
    mkfifo pipe
    refused '^ktest: pipe: is not a regular file' pipe
}

case_link_to_nothing() {
    ln -s nowhere link
    refused '^ktest: link: ' link
}

case_endless_link() {
    ln -s loop loop
    refused '^ktest: loop: ' loop
}

"case_$1"
