#include "../guest_options.hpp"
#include "../report_error.hpp"
#include "audit.hpp"
#include "build_progress.hpp"
#include "commands.hpp"
#include "job_protocol.hpp"
#include "repeat.hpp"
#include "run_planned.hpp"
#include <ktest/run/plan_text.hpp>

#include <memory>

namespace ktest::cli {

namespace {

/// A test that lies in the tree may be missing in another commit of it.
auto check_test_in_tree(std::filesystem::path const& script, build_wishes const& wishes) -> result<void> {
    std::error_code ignored;
    if (std::filesystem::exists(script, ignored)) return {};
    auto const tree = find_source_tree(wishes.tree.empty() ? "." : wishes.tree, wishes.build_directory);
    auto const path = std::filesystem::weakly_canonical(std::filesystem::absolute(script), ignored);
    if (!tree || !*tree || *path.lexically_relative((*tree)->source).begin() == "..") return {};
    return tl::unexpected{
        error{fault::not_in_tree, fmt::format("{}: there is no such test in this tree", script.string())}};
}

auto parse_report_policy(std::string_view text) -> result<report_rules::policy> {
    using policy = report_rules::policy;
    for (auto const& [name, what] : {std::pair{"fail", policy::fail}, std::pair{"report", policy::report},
                                     std::pair{"allow", policy::allow}})
        if (text == name) return what;
    return usage_error("'{}' is not what reports may do (want fail, report or allow)", text);
}

auto run(run_options const& options) -> result<verdict> {
    if (auto there = check_test_in_tree(options.request.script, *options.request.guest.build); !there)
        return tl::unexpected{there.error()};
    if (options.ctest.bound)
        if (auto bound = bind_to_parent(); !bound) return tl::unexpected{bound.error()};
    if (options.ctest.bound_to_input) bind_to_input();
    auto const where = find_paths();
    if (!where) return tl::unexpected{where.error()};
    progress console{STDERR_FILENO};
    auto plan = make_test_plan(options.request, *where, watch_build(console));
    console.clear();
    if (!plan) return tl::unexpected{plan.error()};
    for (auto const& note : plan->notes) tell("{}", note);
    if (options.dry_run) {
        fmt::print("{}", describe(*plan));
        return passed{};
    }
    if (options.audit) return audit(options, std::move(*plan), *where, console);
    if (options.repeat && !plan->settled) return repeat(options, std::move(*plan), *where, console);
    auto const cold = options.cold || options.bisect;
    return run_planned(options, std::move(*plan), *where,
                       cold           ? template_use::none
                       : options.warm ? template_use::forced
                                      : template_use::when_known,
                       console)
        .map([](finished_run const& ended) { return ended.report.verdict; });
}

/// What goes with one run only.
auto check_repeat(run_options const& options) -> result<void> {
    if (!options.repeat && options.repeat.parallel > 0)
        return usage_error("--parallel: goes with --repeat or --until-fail");
    for (auto const& [given, name] :
         {std::pair{options.interactive, "--interactive"}, std::pair{options.audit, "--audit"},
          std::pair{options.bisect.has_value(), "--bisect"}, std::pair{options.dry_run, "--dry-run"},
          std::pair{static_cast<bool>(options.ctest), "--ctest"}})
        if (options.repeat && given)
            return usage_error("{}: goes with one run, not with --repeat or --until-fail", name);
    return {};
}

/// `--bisect`, `--repeat` and CTest have their own defaults: a timeout, no holding.
auto with_defaults(run_options options) -> run_options {
    constexpr std::chrono::seconds unattended_timeout{300};
    if (options.bisect || options.repeat) options.request.default_timeout = unattended_timeout;
    if (options.repeat) options.no_hold = true;
    if (options.ctest) options.request.default_timeout = ctest_timeout;
    if (options.ctest && !options.request.guest.slot_wait) options.request.guest.slot_wait = ctest_slot_wait;
    if (options.dry_run) options.request.guest.build->no_build = true;
    return options;
}

auto run_to_status(run_options const& options) -> int {
    auto const said = check_repeat(options).and_then([&] { return run(with_defaults(options)); });
    auto const status = said ? exit_status(*said) : report(said.error());
    if (!options.bisect) return status;
    return static_cast<int>(said ? to_bisect_status(*options.bisect, *said) : to_bisect_status(said.error()));
}

/// As a job of `ktest launch`: a record of whatever comes of it, bad usage too.
auto run_as_job(run_options const& options) -> int {
    auto nonce = begin_job(options.ctest.record, options.request.script);
    if (!nonce) return report(nonce.error());
    auto const said = check_repeat(options).and_then([&] { return run(with_defaults(options)); });
    if (said) return end_job(options.ctest.record, make_job_record(*nonce, node_name(), *said));
    auto record = make_job_record(*nonce, node_name(), unavailable_host{said.error().message});
    record.exit_status = report(said.error());
    if (said.error().kind == fault::usage) record.verdict = usage_verdict;
    return end_job(options.ctest.record, record);
}

} // namespace

void add_run(CLI::App& app, int& status, std::vector<std::string> const& trailing) {
    auto options = std::make_shared<run_options>();
    auto* const command = app.add_subcommand("run", "Run a test in a VM");
    auto& request = options->request;
    command->add_option("test", request.script, "the test: an executable file that answers 'deps'")
        ->required();
    command->add_option("subtest", request.subtests, "subtests to run (default: everything)");
    add_guest_options(*command, request.guest);
    add_build_options(*command, request.guest);
    add_node_cache_options(*command, request.guest.node_cache);
    auto const add_limit = [&](char const* name, auto test_request::*limit, char const* meaning) {
        return command
            ->add_option_function<unsigned>(
                name,
                [options, limit](unsigned count) { options->request.*limit = std::chrono::seconds{count}; },
                meaning)
            ->check(CLI::Range(1U, 1'000'000'000U));
    };
    add_limit("-t,--timeout", &test_request::timeout,
              "seconds for the test itself, from its first instruction")
        ->envname("KTEST_TIMEOUT");
    add_limit("--boot-timeout", &test_request::boot_timeout,
              "seconds for the boot (default: 60, 240 without KVM)")
        ->envname("KTEST_BOOT_TIMEOUT");
    command->add_flag("-I,--interactive", options->interactive, "keep the VM after the verdict");
    command->add_flag("--no-hold", options->no_hold, "end the VM when the test ends without success")
        ->envname("KTEST_NO_HOLD");
    command->add_option("-o,--output", options->output,
                        "directory for the run's files (default: .ktest/out)");
    command->add_option("--json", options->json, "write the result there, too")->envname("KTEST_JSON");
    command->add_option("--junit", options->junit, "write the result there as JUnit XML")
        ->envname("KTEST_JUNIT");
    command
        ->add_flag("--dump", options->dump,
                   "after a crash, a hang or a timeout keep the guest's memory, for crash(8) or drgn")
        ->envname("KTEST_DUMP");
    command
        ->add_flag("--pcap", options->pcap,
                   "keep what passed the networks between nodes (NAME.pcapng) when the test passed, too")
        ->envname("KTEST_PCAP");
    command->add_flag("-v,--verbose", options->verbose, "show the kernel's whole log while it comes")
        ->envname("KTEST_VERBOSE");
    command->add_flag("--strict", request.strict, "what would be skipped for its CONFIG fails")
        ->envname("KTEST_STRICT");
    add_parsed(
        *command, "--bisect", parse_bisect_goal, [options](bisect_goal goal) { options->bisect = goal; },
        "for git bisect run; --bisect=fail, crash, boot or a regular expression looks for that alone");
    add_parsed(
        *command, "--splat", parse_report_policy,
        [options](report_rules::policy what) { options->splat = what; },
        "what the kernel's reports do: fail (default), report, allow");
    add_cold_option(*command, options->cold);
    command
        ->add_flag("--warm", options->warm,
                   "make a template at once where there is none, under KVM even before 'ktest doctor "
                   "--measure' has tried it")
        ->envname("KTEST_WARM")
        ->excludes("--cold");
    command->add_flag("--audit", options->audit,
                      "run it twice, booted and from a template, and say what differed");
    command->add_flag("-n,--dry-run", options->dry_run,
                      "print the plan and QEMU's command line, start nothing");
    command
        ->add_option("--seed", request.seed,
                     "of what the test and a restored guest draw (KTEST_SEED in the guest)")
        ->envname("KTEST_SEED")
        ->type_name("NUMBER");
    add_repeat_options(*command, options->repeat);
    add_ctest_options(*command, options->ctest);
    command->footer("What stands behind -- is given to the test.");
    command->callback([options, &status, &trailing] {
        options->request.arguments = trailing;
        status = options->ctest.record.empty() ? run_to_status(*options) : run_as_job(*options);
    });
}

} // namespace ktest::cli
