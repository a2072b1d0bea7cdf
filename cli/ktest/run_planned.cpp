#include "run_planned.hpp"

#include "../report_error.hpp"
#include "../vm_presence.hpp"
#include <ktest/report/junit.hpp>
#include <ktest/report/ktap.hpp>
#include <ktest/report/result_json.hpp>
#include <ktest/report/run_directory.hpp>
#include <ktest/report/script_line.hpp>
#include <ktest/report/subtest_verdict.hpp>
#include <ktest/report/verdict_line.hpp>
#include <ktest/run/guest_source.hpp>
#include <ktest/run/kernel_reports.hpp>
#include <ktest/run/run_in_slot.hpp>
#include <ktest/run/symbolise_reports.hpp>

#include <charconv>

namespace ktest::cli {

namespace {

/// The command line that runs it again: this one; of one run among many, that one alone with its seed.
auto command_line(run_options const& options, test_plan const& plan) -> std::vector<std::string> {
    std::vector<std::string> words;
    auto const own_arguments = read_file("/proc/self/cmdline").value_or(""); // each ends with a NUL
    for (std::string_view rest = own_arguments; !rest.empty(); rest.remove_prefix(words.back().size() + 1))
        words.emplace_back(rest.substr(0, rest.find('\0')));
    if (!words.empty()) words.front() = "ktest";
    words = without_options(words, ctest_option_forms());
    if (options.directory.empty()) return words;
    words = without_options(words, repeat_option_forms());
    words.insert(words.begin() + std::min<std::ptrdiff_t>(std::ssize(words), 2),
                 {"--seed", std::to_string(plan.seed)});
    return words;
}

} // namespace

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
            .seed = plan.seed,
            .nonce = plan.start.nonce,
            .started_at = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
            .host = this_host().name,
            .command = command_line(options, plan)};
}

auto make_output_directory(run_options const& options, run_report const& report, paths const& where)
    -> result<run_directory> {
    auto const base = options.output.empty() ? std::filesystem::path{".ktest/out"} : options.output;
    return make_run_directory(std::filesystem::absolute(base),
                              options.output.empty() ? where.runtime / "out" : std::filesystem::path{},
                              report.test, report.started_at);
}

auto write_results(std::filesystem::path const& directory, run_options const& options,
                   std::string const& json, std::string const& junit, progress& console) -> bool {
    auto all = true;
    for (auto const& [path, text] :
         {std::pair{directory / "result.json", &json}, std::pair{directory / "junit.xml", &junit},
          std::pair{options.json, &json}, std::pair{options.junit, &junit}}) {
        auto const written = path.empty() ? result<void>{} : write_file(path, *text);
        if (!written) console.line(fmt::format("ktest: {}", written.error().message));
        all = all && written;
    }
    return all;
}

namespace {

/// `kernel_log`: what the kernel logged since the test began.
void complete_report(run_report& report, guest_outcome const& outcome, std::string const& output,
                     std::string_view kernel_log, report_rules const& rules) {
    report.verdict = outcome.said;
    if (outcome.wait_status && WIFEXITED(*outcome.wait_status))
        report.script_status = WEXITSTATUS(*outcome.wait_status);
    report.boot = outcome.boot;
    report.ran = outcome.test;
    report.total = outcome.total;
    report.boots = static_cast<unsigned>(outcome.boots);
    report.subtests = all_subtests(parse_ktap(output), parse_ktap(kernel_log));
    report.verdict = with_subtests(std::move(report.verdict), report.subtests);
    report.verdict = with_reports(std::move(report.verdict), report.kernel_reports, rules);
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

/// What is learnt of a guest's kernel while it runs.
struct kernel_history {
    std::optional<std::uintmax_t> logged_before; ///< bytes of kernel.log when the test began
    std::vector<std::string> warnings;           ///< since then
    std::optional<report_watch> reports;
    std::vector<std::uint64_t> witnesses_before, witnesses_after;
    std::optional<std::uint64_t> text; ///< where the kernel lies

    void learn_text(std::string const& digits) {
        std::uint64_t address = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), address, 16);
        if (address != 0) text = address;
    }

    void heed(wire::from_guest const& said) {
        if (auto const* ready = std::get_if<wire::ready>(&said)) learn_text(ready->kernel_offset);
        if (auto const* awake = std::get_if<wire::awake>(&said)) learn_text(awake->kernel_offset);
        if (auto const* log = std::get_if<wire::kernel_log>(&said)) reports->feed(log->records);
        if (auto const* finished = std::get_if<wire::finished>(&said)) witnesses_after = finished->witnesses;
        auto const* const started = std::get_if<wire::started>(&said);
        if (started == nullptr) return;
        reports->test_begins();
        if (witnesses_before.empty()) witnesses_before = started->witnesses;
    }
};

auto report_rules_of(run_options const& options, test_plan const& plan) -> report_rules {
    return {.rules = plan.spec.splats, .otherwise = options.splat, .strict = options.request.strict};
}

/// Where the lines of source are found that the kernel's reports point to; the test may have modules of its
/// own.
auto symbols_of(test_plan const& plan, std::optional<std::uint64_t> text) -> symbol_source {
    auto const& kernel = plan.machine.kernel;
    symbol_source source{.vmlinux = kernel.symbols, .text = text, .time = std::chrono::seconds{10}};
    for (auto const& member : plan.payload)
        if (member.source.extension() == ".ko") source.modules.push_back(member.source.parent_path());
    if (!kernel.modules.empty()) source.modules.push_back(kernel.modules);
    return source;
}

/// Runs the VM of a plan to its end.
auto run_machine(run_options const& options, test_plan& plan, prepared_guest& guest, guest_source& source,
                 run_log& log, progress& console, kernel_history& history) -> result<guest_outcome> {
    auto const script = log.directory() / "qemu.sh";
    if (auto kept = write_file(script, qemu_script(plan.machine, guest.place.number), 0755); !kept)
        return tl::unexpected{kept.error()};
    if (auto kept = log.begin_kernel_log(source.kernel_log()); !kept) return tl::unexpected{kept.error()};
    history.reports.emplace(report_rules_of(options, plan), plan.spec.may_reboot);
    history.reports->feed(source.kernel_log());
    vm_presence const presence{guest.place, plan.machine};
    guest_run run{{.start = plan.start,
                   .budgets = plan.budgets,
                   .acceleration = plan.machine.acceleration,
                   .rules = {.may_reboot = plan.spec.may_reboot},
                   .wake = source.wake(guest.place, plan.start.nonce, plan.seed),
                   .saving = source.saving(),
                   .hold_failed = !plan.budgets.test && !options.no_hold && !options.bisect && !options.ctest,
                   .hold_always = options.interactive,
                   .dump = options.dump,
                   .say = [&](std::string_view text) { console.line(fmt::format("ktest: {}", text)); },
                   .is_debugged = [&] { return presence.is_debugged(); },
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
                           plan.build_lock.close();
                           if (std::holds_alternative<wire::started>(said) && !history.logged_before)
                               history.logged_before =
                                   std::filesystem::file_size(log.directory() / "kernel.log");
                           history.heed(said);
                           presence.heed(said);
                       },
                   .whole_kernel_log = options.verbose,
                   .on_kernel_record =
                       [&](kernel_record const& record) {
                           constexpr unsigned warning = 4;
                           console.line(printable(to_string(record)));
                           if (history.logged_before && record.level <= warning)
                               history.warnings.push_back(record.text);
                       }},
                  log};
    console.update(fmt::format("booting {}", plan.machine.kernel.release));
    return run.run(std::move(guest.start)).map([&](guest_outcome outcome) {
        source.ended(outcome);
        return outcome;
    });
}

} // namespace

auto run_planned(run_options const& options, test_plan plan, paths const& where, template_use templates,
                 progress& console) -> result<finished_run> {
    plan.machine.pause_on_panic = options.interactive || options.dump;
    plan.machine.to_be_dumped = options.dump;
    plan.start.environment.push_back(fmt::format("KTEST_SEED={}", plan.seed));
    auto const say = [&](std::string_view text) { console.line(fmt::format("ktest: {}", text)); };
    if (plan.spec.cold_boot) templates = template_use::none;
    guest_source source{plan.machine, where, templates, true, say};
    auto const prepare = [&]() -> result<prepared_guest> {
        return write_payload(where.scratch(), plan.payload).and_then([&](descriptor payload) {
            return prepare_guest(plan.machine, std::move(payload), where, where.scratch(),
                                 {.budget = options.request.guest.slot_wait, .begun = say},
                                 [&](descriptor& iso) { return source.begin(iso); });
        });
    };
    // The slot first, for one may wait for it for long, and leave.
    auto guest = plan.settled ? result<prepared_guest>{} : prepare();
    auto report = begin_report(options, plan);
    auto const files = options.directory.empty() ? make_output_directory(options, report, where)
                                                 : run_directory{.path = options.directory};
    if (!files) return tl::unexpected{files.error()};
    if (!files->notice.empty()) console.line("ktest: " + files->notice);
    report.directory = files->path;
    auto log = run_log::open(files->path);
    if (!log) return tl::unexpected{log.error()};

    kernel_history history;
    auto const outcome =
        plan.settled ? result<guest_outcome>{guest_outcome{.said = *plan.settled}}
                     : std::move(guest).and_then([&](prepared_guest ready) {
                           return run_in_slot(
                               std::move(ready), prepare,
                               [&](prepared_guest& with) {
                                   return run_machine(options, plan, with, source, *log, console, history);
                               },
                               say);
                       });
    auto const output = read_file(files->path / "test.log").value_or("");
    auto const kernel_log = read_file(files->path / "kernel.log").value_or("");
    auto const rules = report_rules_of(options, plan);
    if (history.reports) {
        auto const console_log = read_file(files->path / "console.log").value_or("");
        report.kernel_reports = history.reports->finish(console_log);
        auto const notes =
            symbolise_reports(report.kernel_reports, symbols_of(plan, history.text), kernel_log);
        for (auto const& note : notes) say(note);
    }
    complete_report(
        report, outcome ? *outcome : guest_outcome{.said = unavailable_host{outcome.error().message}}, output,
        std::string_view{kernel_log}.substr(
            std::min<std::size_t>(history.logged_before.value_or(kernel_log.size()), kernel_log.size())),
        rules);
    if (auto const trouble = unreported_trouble(history.witnesses_before, history.witnesses_after);
        !trouble.empty() && report.kernel_reports.empty() && rules.rules.empty()
        && rules.otherwise == report_rules::policy::fail && std::holds_alternative<passed>(report.verdict))
        report.verdict = failed{"splat: " + trouble};
    report.start = source.describe();
    if (source.is_of_template()) report.shake = plan.seed;
    report.artefacts = artefacts_in(files->path);
    auto const written =
        write_results(files->path, options, result_json(report), junit_xml(report, output), console);
    console.clear();
    (void)write_all(STDERR_FILENO, verdict_text(report, console.colour()));
    if (options.ctest) (void)write_all(STDERR_FILENO, ctest_lines(report, options.ctest, output.size()));
    if (!written && std::holds_alternative<passed>(report.verdict)) report.verdict = unavailable_host{};
    return finished_run{std::move(report), std::move(history.warnings)};
}

} // namespace ktest::cli
