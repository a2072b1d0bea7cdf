#include "test_guest.hpp"

#include "../report_error.hpp"
#include <ktest/report/ktap.hpp>
#include <ktest/report/printable.hpp>
#include <ktest/report/script_line.hpp>
#include <ktest/report/subtest_verdict.hpp>

#include <charconv>

namespace ktest::cli {

namespace {

constexpr unsigned warning_level = 4; // of the kernel's log

auto address_of(std::string const& digits) -> std::optional<std::uint64_t> {
    std::uint64_t address = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), address, 16);
    return address != 0 ? std::optional{address} : std::nullopt;
}

/// The machine has what the run's options need, and the test knows its seed.
auto as_asked(run_options const& options, test_plan& plan) -> test_plan& {
    plan.machine.pause_on_panic = options.interactive || options.dump;
    plan.machine.to_be_dumped = options.dump;
    plan.start.environment.push_back(fmt::format("KTEST_SEED={}", plan.seed));
    return plan;
}

/// `kernel_log`: what the kernel logged since the test began.
void complete(run_report& report, guest_outcome const& outcome, std::string const& output,
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

} // namespace

test_guest::test_guest(run_options const& options, test_plan& plan, paths const& where,
                       template_use templates, progress& console, std::string const& node)
    : options_{options},
      plan_{as_asked(options, plan)},
      where_{where},
      console_{console},
      head_{node.empty() ? "" : node + ": "},
      source_{plan.machine, where, plan.spec.cold_boot ? template_use::none : templates, true,
              [this](std::string_view text) { say(text); }} {}

void test_guest::say(std::string_view text) const { console_.line(fmt::format("ktest: {}{}", head_, text)); }

auto test_guest::open_log(std::filesystem::path const& directory) -> result<void> {
    return run_log::open(directory).map([&](run_log opened) { log_.emplace(std::move(opened)); });
}

auto test_guest::start(slot const& place) -> result<launch> {
    return write_payload(where_.scratch(), plan_.payload).and_then([&](descriptor payload) {
        return open_guest(plan_.machine, std::move(payload), place, where_.scratch(),
                          [&](descriptor& iso) { return source_.begin(iso); });
    });
}

auto test_guest::run_options_in(slot const& place) -> result<guest_run_options> {
    auto const script = log_->directory() / "qemu.sh";
    if (auto kept = write_file(script, qemu_script(plan_.machine, place.number), 0755); !kept)
        return tl::unexpected{kept.error()};
    if (auto kept = log_->begin_kernel_log(source_.kernel_log()); !kept) return tl::unexpected{kept.error()};
    reports_.emplace(rules(), plan_.spec.may_reboot);
    reports_->feed(source_.kernel_log());
    presence_.emplace(where_, place, plan_.machine);
    auto const on_hold = [this](verdict const& said) {
        auto const node = plan_.machine.node.empty() ? "" : " " + plan_.machine.node;
        console_.line(
            fmt::format("{0} {1}: {2}{3}; the VM stays: 'ktest ssh{4}' logs in, 'ktest mon{4}' talks to "
                        "QEMU, 'ktest stop' or Ctrl-C ends it",
                        name(said), plan_.name, head_, reason(said), node));
    };
    auto const on_kernel_record = [this](kernel_record const& record) {
        console_.line(head_ + printable(to_string(record)));
        if (logged_before_ && record.level <= warning_level) warnings_.push_back(record.text);
    };
    return guest_run_options{
        .start = plan_.start,
        .budgets = plan_.budgets,
        .acceleration = plan_.machine.acceleration,
        .rules = {.may_reboot = plan_.spec.may_reboot},
        .wake = source_.wake(place, plan_.start.nonce, plan_.seed),
        .saving = source_.saving(),
        .hold = hold_rules_of(options_, plan_),
        .dump = options_.dump,
        .say = [this](std::string_view text) { say(text); },
        .is_debugged = [this] { return presence_->is_debugged(); },
        .report_goes_on = [this] { return reports_->report_goes_on(); },
        .on_hold = on_hold,
        .on_guest = [this](wire::from_guest const& said) { heed(said); },
        .whole_kernel_log = options_.verbose,
        .on_kernel_record = on_kernel_record,
    };
}

void test_guest::heed(wire::from_guest const& said) {
    plan_.build_lock.close();
    presence_->heed(said);
    if (auto const* ready = std::get_if<wire::ready>(&said)) text_ = address_of(ready->kernel_offset);
    if (auto const* awake = std::get_if<wire::awake>(&said)) text_ = address_of(awake->kernel_offset);
    if (auto const* log = std::get_if<wire::kernel_log>(&said)) reports_->feed(log->records);
    if (auto const* finished = std::get_if<wire::finished>(&said)) witnesses_after_ = finished->witnesses;
    auto const* const started = std::get_if<wire::started>(&said);
    if (started == nullptr) return;
    console_.clear();
    if (!logged_before_) logged_before_ = std::filesystem::file_size(log_->directory() / "kernel.log");
    reports_->test_begins();
    if (witnesses_before_.empty()) witnesses_before_ = started->witnesses;
}

auto test_guest::report(run_report report, result<guest_outcome> const& outcome) -> run_report {
    auto const directory = log_->directory();
    report.directory = directory;
    auto const kernel_log = read_file(directory / "kernel.log").value_or("");
    if (reports_) {
        report.kernel_reports = reports_->finish(read_file(directory / "console.log").value_or(""));
        for (auto const& note : symbolise_reports(report.kernel_reports, symbols(), kernel_log)) say(note);
    }
    auto const before = std::min<std::size_t>(logged_before_.value_or(kernel_log.size()), kernel_log.size());
    complete(report, outcome ? *outcome : guest_outcome{.said = unavailable_host{outcome.error().message}},
             read_file(directory / "test.log").value_or(""), std::string_view{kernel_log}.substr(before),
             rules());
    auto const said_well =
        std::holds_alternative<passed>(report.verdict) || std::holds_alternative<skipped>(report.verdict);
    if (auto const trouble = unreported_trouble(witnesses_before_, witnesses_after_);
        !trouble.empty() && !trouble_is_told(report.kernel_reports) && said_well
        && rules().otherwise == report_rules::policy::fail)
        report.verdict = failed{"splat: " + trouble};
    report.start = source_.describe();
    if (source_.is_of_template()) report.shake = plan_.seed;
    return report;
}

auto test_guest::rules() const -> report_rules {
    return {.rules = plan_.spec.splats, .otherwise = options_.splat, .strict = options_.request.strict};
}

/// Where the lines of source are found that the kernel's reports point to; the test may have modules of its
/// own.
auto test_guest::symbols() const -> symbol_source {
    auto const& kernel = plan_.machine.kernel;
    symbol_source source{.vmlinux = kernel.symbols, .text = text_, .time = std::chrono::seconds{10}};
    for (auto const& member : plan_.payload)
        if (member.source.extension() == ".ko") source.modules.push_back(member.source.parent_path());
    // Where the kernel was built its modules have debug info, and those that were installed have none.
    std::error_code ignored;
    if (auto const build = kernel.symbols.parent_path();
        !build.empty() && std::filesystem::exists(build / "modules.order", ignored))
        source.modules.push_back(build);
    if (!kernel.modules.empty()) source.modules.push_back(kernel.modules);
    return source;
}

} // namespace ktest::cli
