#include "../guest_options.hpp"
#include "../report_error.hpp"
#include "../vm_presence.hpp"
#include "commands.hpp"
#include "ctest_protocol.hpp"
#include <ktest/report/junit.hpp>
#include <ktest/report/ktap.hpp>
#include <ktest/report/progress.hpp>
#include <ktest/report/result_json.hpp>
#include <ktest/report/run_directory.hpp>
#include <ktest/report/script_line.hpp>
#include <ktest/report/subtest_verdict.hpp>
#include <ktest/report/verdict_line.hpp>
#include <ktest/run/run_in_slot.hpp>
#include <ktest/run/test_plan.hpp>

#include <memory>

namespace ktest::cli {

namespace {

struct run_options {
    test_request request;
    ctest_options ctest;
    std::filesystem::path output; ///< `-o`; empty: `.ktest/out` here
    std::filesystem::path json, junit;
    bool interactive = false;
    bool no_hold = false;
    bool dry_run = false;
    bool verbose = false;
};

/// The command line that runs it again: this one.
auto command_line() -> std::vector<std::string> {
    std::vector<std::string> words;
    auto const own_arguments = read_file("/proc/self/cmdline").value_or(""); // each ends with a NUL
    for (std::string_view rest = own_arguments; !rest.empty(); rest.remove_prefix(words.back().size() + 1))
        words.emplace_back(rest.substr(0, rest.find('\0')));
    if (!words.empty()) words.front() = "ktest";
    return without_ctest_options(std::move(words));
}

/// What a run knows before it has a verdict.
auto begin_report(run_options const& options, test_plan const& plan) -> run_report {
    auto const& machine = plan.machine;
    return {.test = plan.name,
            .script = options.request.script,
            .chosen = options.request.subtests,
            .arguments = options.request.arguments,
            .kernel_name = machine.kernel.name,
            .kernel_release = machine.kernel.release,
            .image = machine.root_image,
            .accelerator = std::string{to_string(machine.acceleration)},
            .memory = machine.memory,
            .cpus = machine.cpus,
            .scratch = machine.scratch,
            .nonce = plan.start.nonce,
            .started_at = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
            .host = this_host().name,
            .command = command_line()};
}

/// `kernel_log`: what the kernel logged since the test began.
void complete_report(run_report& report, guest_outcome const& outcome, std::string const& output,
                     std::string_view kernel_log) {
    report.verdict = outcome.said;
    if (outcome.wait_status && WIFEXITED(*outcome.wait_status))
        report.script_status = WEXITSTATUS(*outcome.wait_status);
    report.boot = outcome.boot;
    report.ran = outcome.test;
    report.total = outcome.total;
    report.boots = static_cast<unsigned>(outcome.boots);
    report.subtests = all_subtests(parse_ktap(output), parse_ktap(kernel_log));
    report.verdict = with_subtests(std::move(report.verdict), report.subtests);
    report.line = last_script_line(output, report.script.filename().string()).value_or(1);
}

/// What a run left, by names below its directory; `.lock` only says that it goes on.
auto artefacts_in(std::filesystem::path const& directory) -> std::vector<std::string> {
    std::vector<std::string> names;
    std::error_code failed;
    for (auto const& entry : std::filesystem::recursive_directory_iterator{directory, failed})
        if (entry.is_regular_file(failed) && entry.path() != directory / ".lock")
            names.push_back(entry.path().lexically_relative(directory).string());
    std::sort(names.begin(), names.end());
    return names;
}

/// Writes result.json and junit.xml, here and wherever else they are wanted; what cannot be written is told.
auto write_results(run_report const& report, run_options const& options, std::string const& output,
                   progress& console) -> bool {
    auto const json = result_json(report);
    auto const junit = junit_xml(report, output);
    auto all = true;
    for (auto const& [path, text] : {std::pair{report.directory / "result.json", &json},
                                     std::pair{report.directory / "junit.xml", &junit},
                                     std::pair{options.json, &json}, std::pair{options.junit, &junit}}) {
        auto const written = path.empty() ? result<void>{} : write_file(path, *text);
        if (!written) console.line(fmt::format("ktest: {}", written.error().message));
        all = all && written;
    }
    return all;
}

/// Runs the VM of a plan to its end. `logged_before`: bytes of kernel.log when the test began.
auto run_machine(run_options const& options, test_plan const& plan, prepared_guest& guest, run_log& log,
                 progress& console, std::optional<std::uintmax_t>& logged_before) -> result<guest_outcome> {
    auto const script = log.directory() / "qemu.sh";
    if (auto kept = write_file(script, qemu_script(plan.machine, guest.place.number), 0755); !kept)
        return tl::unexpected{kept.error()};
    vm_presence const presence{guest.place, plan.machine};
    guest_run run{{.start = plan.start,
                   .budgets = plan.budgets,
                   .rules = {.may_reboot = plan.spec.may_reboot},
                   .hold_failed = !plan.budgets.test && !options.no_hold,
                   .hold_always = options.interactive,
                   .say = [&](std::string_view text) { console.line(fmt::format("ktest: {}", text)); },
                   .on_hold =
                       [&](verdict const& said) {
                           console.line(fmt::format(
                               "{} {}: {}; the VM stays: 'ktest ssh' logs in, 'ktest mon' talks to "
                               "QEMU, 'ktest stop' or Ctrl-C ends it",
                               name(said), plan.name, reason(said)));
                       },
                   .on_guest =
                       [&](wire::from_guest const& said) {
                           if (std::holds_alternative<wire::started>(said)) console.clear();
                           if (std::holds_alternative<wire::started>(said) && !logged_before)
                               logged_before = std::filesystem::file_size(log.directory() / "kernel.log");
                           presence.heed(said);
                       },
                   .whole_kernel_log = options.verbose,
                   .on_kernel_record = [&](kernel_record const& record) { console.line(to_string(record)); }},
                  log};
    console.update(fmt::format("booting {}", plan.machine.kernel.release));
    return run.run(std::move(guest.start));
}

auto run_planned(run_options const& options, test_plan plan, paths const& where) -> result<int> {
    progress console{STDERR_FILENO};
    plan.machine.pause_on_panic = options.interactive;
    auto const prepare = [&] {
        return write_payload(where.scratch(), plan.payload).and_then([&](descriptor payload) {
            return prepare_guest(
                plan.machine, std::move(payload), where, where.scratch(),
                {.budget = options.request.guest.slot_wait,
                 .begun = [&](std::string_view why) { console.line(fmt::format("ktest: {}", why)); }});
        });
    };
    auto guest = prepare(); // first, for one may wait for a slot for long, and leave
    auto report = begin_report(options, plan);
    auto const base = options.output.empty() ? std::filesystem::path{".ktest/out"} : options.output;
    auto const files =
        make_run_directory(std::filesystem::absolute(base),
                           options.output.empty() ? where.runtime / "out" : std::filesystem::path{},
                           report.test, report.started_at);
    if (!files) return tl::unexpected{files.error()};
    if (!files->notice.empty()) console.line("ktest: " + files->notice);
    report.directory = files->path;
    auto log = run_log::open(files->path);
    if (!log) return tl::unexpected{log.error()};

    std::optional<std::uintmax_t> logged_before;
    auto const outcome = std::move(guest).and_then([&](prepared_guest ready) {
        return run_in_slot(
            std::move(ready), prepare,
            [&](prepared_guest& with) {
                return run_machine(options, plan, with, *log, console, logged_before);
            },
            [&](std::string_view why) { console.line(fmt::format("ktest: {}", why)); });
    });
    auto const output = read_file(files->path / "test.log").value_or("");
    auto const kernel_log = logged_before ? read_file(files->path / "kernel.log").value_or("") : "";
    complete_report(
        report, outcome ? *outcome : guest_outcome{.said = unavailable_host{outcome.error().message}}, output,
        std::string_view{kernel_log}.substr(std::min(logged_before.value_or(0), kernel_log.size())));
    report.artefacts = artefacts_in(files->path);
    auto const written = write_results(report, options, output, console);
    console.clear();
    (void)write_all(STDERR_FILENO, verdict_text(report, console.colour()));
    if (options.ctest) (void)write_all(STDERR_FILENO, ctest_lines(report, options.ctest, output.size()));
    if (!written && std::holds_alternative<passed>(report.verdict)) return exit_status(unavailable_host{});
    return exit_status(report.verdict);
}

auto run(run_options const& options) -> result<int> {
    if (auto bound = options.ctest.bound ? bind_to_parent() : result<void>{}; !bound)
        return tl::unexpected{bound.error()};
    auto const where = find_paths();
    if (!where) return tl::unexpected{where.error()};
    auto plan = make_test_plan(options.request, *where);
    if (!plan) return tl::unexpected{plan.error()};
    if (options.ctest && !plan->budgets.test) plan->budgets.test = ctest_timeout;
    for (auto const& note : plan->notes) tell("{}", note);
    if (options.dry_run) {
        fmt::print("{}", describe(*plan));
        return 0;
    }
    return run_planned(options, std::move(*plan), *where);
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
    command
        ->add_option_function<unsigned>(
            "-t,--timeout",
            [options](unsigned seconds) { options->request.timeout = std::chrono::seconds{seconds}; },
            "seconds for the test itself, from its first instruction")
        ->envname("KTEST_TIMEOUT")
        ->check(CLI::PositiveNumber);
    command->add_flag("-I,--interactive", options->interactive, "keep the VM after the verdict");
    command->add_flag("--no-hold", options->no_hold, "end the VM when the test ends without success")
        ->envname("KTEST_NO_HOLD");
    command->add_option("-o,--output", options->output,
                        "directory for the run's files (default: .ktest/out)");
    command->add_option("--json", options->json, "write the result there, too")->envname("KTEST_JSON");
    command->add_option("--junit", options->junit, "write the result there as JUnit XML")
        ->envname("KTEST_JUNIT");
    command->add_flag("-v,--verbose", options->verbose, "show the kernel's whole log while it comes")
        ->envname("KTEST_VERBOSE");
    command->add_flag("-n,--dry-run", options->dry_run,
                      "print the plan and QEMU's command line, start nothing");
    add_ctest_options(*command, options->ctest);
    command->footer("What stands behind -- is given to the test.");
    command->callback([options, &status, &trailing] {
        options->request.arguments = trailing;
        auto const done = run(*options);
        status = done ? *done : report(done.error());
    });
}

} // namespace ktest::cli
