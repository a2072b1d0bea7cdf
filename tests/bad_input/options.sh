# A command line that cannot be meant.
. "$(dirname "$0")/../sandbox.sh" || exit
write_test it 'echo MEM=256M'

refused() { # PATTERN ARGUMENTS...
    local pattern=$1
    shift
    expect 2 ktest "$@"
    says "$pattern"
    no_run_left
    nothing_left
}

case_nothing() { refused 'subcommand'; }
case_unknown_subcommand() { refused 'rum' rum it; }
case_unknown_option() { refused '--colour' run --colour it; }
case_no_test() { refused 'test' run; }
case_zero_timeout() { refused '--timeout' run -t 0 it; }
case_timeout_of_letters() { refused '--timeout' run -t abc it; }
case_endless_timeout() { refused '--timeout' run -t 99999999999999999999 it; }
case_negative_timeout() { refused '--timeout' run -t -1 it; }
case_bad_memory() { refused "'1Q' is not a size" run --memory 1Q it; }
case_no_memory() { refused '--memory' run --memory 0 it; }
case_no_cpus() { refused '--cpus' run --cpus 0 it; }
case_too_many_cpus() { refused '--cpus' run --cpus 1000 it; }
case_bad_accelerator() { refused "'fast' is not an accelerator \(want auto, kvm or tcg\)" run --accel fast it; }
case_bad_accelerator_in_environment() {
    variables+=(KTEST_ACCEL=fast)
    refused "'fast' is not an accelerator" run it
}
case_bad_network() { refused 'want open' run --net closed it; }
case_negative_seed() { refused '--seed' run --seed -1 it; }
case_long_seed() { refused '--seed' run --seed 4294967296 it; }
case_bad_seed_in_environment() {
    variables+=(KTEST_SEED=lucky)
    refused 'KTEST_SEED|--seed' run it
}
case_no_repetition() { refused '--repeat' run --repeat 0 it; }
case_no_parallel_runs() { refused '--parallel' run --repeat 2 -P 0 it; }
case_one_run_in_parallel() { refused '^ktest: --parallel: goes with --repeat or --until-fail$' run -P 2 it; }
case_repeated_interactive() { refused '^ktest: --interactive: goes with one run' run --repeat 2 -I it; }
case_repeated_audit() { refused '^ktest: --audit: goes with one run' run --until-fail --audit it; }
case_repeated_dry_run() { refused '^ktest: --dry-run: goes with one run' run --repeat 2 -n it; }
case_repeated_case() { refused '^ktest: --ctest: goes with one run' run --repeat 2 --ctest token it; }
case_missing_value() { refused '--kernel' run it -k; }
case_exec_without_command() { refused 'exec: no command' exec; }
case_shell_without_terminal() { refused 'shell: stdin is no terminal' shell; }
case_ssh_without_vm() { refused 'no VM was started from ' ssh; }
case_stop_without_vm() { refused 'no VM was started from ' stop; }

"case_$1"
