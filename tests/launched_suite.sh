# shellcheck shell=bash
# A project whose cases run on other machines, which are all this one: what became of them.
. "$(dirname "${BASH_SOURCE[0]}")/cmake/project.sh" || exit
address=127.0.0.1

# free_port: one that nothing listens on; tests that run beside each other seldom choose the same.
free_port() {
    local port
    while port=$((20000 + RANDOM)); (exec 3<>"/dev/tcp/$address/$port") 2>/dev/null; do :; done
    echo $port
}

# launched CASE [ATTEMPT]: the directory of the case's last launch, or of an attempt of it.
launched() { readlink -f "build/ktest-runs/$1/.ktest/launch/latest${2:+/attempt-$2}"; }

# launch_result CASE KEY: a value of the result.json of the case's last launch.
launch_result() { grep -oPm1 "\"$2\": *\"?\K[^\",]*" "$(launched "$1")/result.json"; }

# cases_on NODE: how many first attempts have a record of that node.
cases_on() { grep -lF "\"host\":\"$1\"" build/ktest-runs/*/.ktest/launch/latest/attempt-1/record.json 2>/dev/null | wc -l; }

# go_ctest ARGUMENT...: starts ctest as $ctest, its output in $sandbox/out; SIGINT, which the background ignores, reaches it.
go_ctest() {
    env --default-signal=INT "${variables[@]}" ctest --test-dir build -V "$@" >"$sandbox/out" 2>&1 &
    ctest=$!
}

# said COUNT PATTERN: so many lines of ctest's output are like that (grep -E).
said() { [ "$(grep -cE -- "$2" "$sandbox/out")" = "$1" ]; }

# verdicts: each case with its verdict and why, as the last result.json has it.
verdicts() {
    local case json
    for case in "$1"/ktest-runs/*; do
        json=("$case"/.ktest/out/*/latest/result.json)
        echo "${case##*/} $(grep -oP '"(verdict|reason|exit_status)": *\K.*' "${json[0]}" 2>/dev/null | tr '\n' ' ')"
    done
}

# outcomes: each case as ctest counts it.
outcomes() { sed -nE 's/^ *[0-9]+\/[0-9]+ +Test +#[0-9]+: ([^ ]+) [ .]*(Passed|\*\*\*[A-Za-z]+).*/\1 \2/p' "$sandbox/out" | sort; }
