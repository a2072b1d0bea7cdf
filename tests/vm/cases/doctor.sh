#!/bin/bash
# What a boot and a restore cost here; nothing of the measuring is left.
. "$(dirname "$0")/../case.sh"
own_templates
run ktest doctor --measure --restores 2
expect_status 0
expect_match out '^boot +ok +whole run [0-9.]+ s, ready [0-9.]+ s \(medians of 2\)$'
expect_match out '^restore +ok +whole run [0-9.]+ s, ready [0-9.]+ s \(medians of 2\): all 2 were well$'
expect_equal "what is left" "" "$(find "${XDG_RUNTIME_DIR:-/tmp/ktest-$(id -u)}" -path '*measure*' 2>/dev/null)"
