#!/bin/bash
# A shell in a VM of its own has a tty: of the right size, also after it changed, with Ctrl-C and an end of its own.
. "$(dirname "$0")/../case.sh"

run python3 "$vm_tests/terminal.py" ktest shell -m 256M
expect_status 0
