#include "../report_error.hpp"
#include "commands.hpp"
#include <ktest/report/guilty_line.hpp>
#include <ktest/run/splat_scanner.hpp>
#include <ktest/run/symbolise_reports.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
#include <functional>
#include <memory>

namespace ktest::cli {

namespace {

constexpr auto reports_found = 3;

/// Reads a log piece by piece, so that one of any size, or one that still grows, will do. Gives what it says
/// of its kernel.
auto scan_log(std::string const& log, std::function<void(splat const&)> const& take) -> result<log_facts> {
    auto const is_stdin = log == "-";
    auto file = is_stdin ? result<descriptor>{descriptor{::dup(STDIN_FILENO)}} : open_file(log, O_RDONLY);
    if (!file) return tl::unexpected{file.error()};
    splat_scanner scanner;
    line_assembler lines;
    log_facts facts;
    auto const give = [&](std::vector<splat_event> const& events) {
        for (auto const& event : events)
            if (auto const* ended = std::get_if<splat_ended>(&event)) take(ended->report);
    };
    std::array<char, 1U << 16U> block{};
    for (;;) {
        auto const got = ::read(file->get(), block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_failure(errno, "{}", is_stdin ? "stdin" : log);
        if (got == 0) break;
        std::string_view const bytes{block.data(), static_cast<std::size_t>(got)};
        give(scanner.feed(bytes));
        lines.feed(bytes, [&](std::string_view text, bool) { facts.read(text); });
    }
    give(scanner.flush());
    return facts;
}

auto line(std::string const& log, splat const& report) -> std::string {
    auto text = fmt::format("{}:{}: {}: {}", log, report.line, to_string(report.kind), report.title);
    if (!report.guilty_function.empty()) text += fmt::format(" [{}]", report.guilty_function);
    return printable_line(text);
}

auto json(std::string const& log, splat const& report) -> nlohmann::ordered_json {
    nlohmann::ordered_json entry;
    entry["log"] = log;
    entry["line"] = report.line;
    entry["class"] = to_string(report.kind);
    entry["fatal"] = report.fatal;
    entry["title"] = report.title;
    if (!report.guilty_function.empty()) entry["guilty_function"] = report.guilty_function;
    entry["fingerprint"] = report.fingerprint;
    if (report.microseconds) entry["seconds"] = static_cast<double>(*report.microseconds) / 1e6;
    if (!report.caller.empty()) entry["caller"] = report.caller;
    entry["text"] = report.text;
    return entry;
}

/// Prints reports, or gathers them where they become one JSON array.
class splat_printer {
public:
    splat_printer(bool as_json, symbol_source source) : as_json_{as_json}, source_{std::move(source)} {}

    auto wants_symbols() const { return !source_.vmlinux.empty() || !source_.modules.empty(); }

    void show(std::string const& log, splat const& report) {
        if (as_json_)
            all_.push_back(json(log, report));
        else
            fmt::print("{}\n", line(log, report));
    }

    void show(std::string const& log, std::vector<splat> const& reports, log_facts const& facts) {
        std::vector<std::string> texts;
        for (auto const& report : reports) texts.push_back(report.text);
        source_.banner = facts.banner();
        source_.text = facts.text();
        auto const symbols = symbolise(texts, source_);
        for (auto const& note : symbols.notes) tell("{}", note);
        std::error_code ignored;
        auto const directory = std::filesystem::current_path(ignored);
        for (std::size_t i = 0; i < reports.size(); ++i) {
            auto const text = to_string(symbols.reports[i]);
            auto const place = source_line(reports[i], symbols.reports[i], directory);
            show(log, reports[i]);
            if (as_json_) {
                all_.back()["symbolised"] = text;
                if (!place.empty()) all_.back()["source_line"] = place;
            } else {
                fmt::print("{}", printable(text));
                if (!place.empty()) fmt::print("{}\n", guilty_line(place, reports[i]));
            }
        }
    }

    void finish() const {
        if (as_json_)
            fmt::print("{}\n", all_.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    }

private:
    bool as_json_;
    symbol_source source_;
    nlohmann::ordered_json all_ = nlohmann::ordered_json::array();
};

} // namespace

void add_splat(CLI::App& app, int& status) {
    struct options {
        std::vector<std::string> logs;
        bool as_json = false;
        symbol_source source;
    };
    auto chosen = std::make_shared<options>();
    auto* const command = app.add_subcommand("splat", "What the kernel reported in saved logs");
    command->add_option("log", chosen->logs, "a console's output, dmesg, a journal; - is stdin")->required();
    command->add_flag("--json", chosen->as_json, "as JSON, with the reports' texts");
    command
        ->add_option("--vmlinux", chosen->source.vmlinux,
                     "the kernel's vmlinux with debug info: shows the reports, with their lines of source")
        ->check(CLI::ExistingFile);
    command
        ->add_option("--modules", chosen->source.modules,
                     "a directory with modules that are not where the vmlinux was built; repeatable")
        ->check(CLI::ExistingDirectory);
    command->callback([chosen, &status] {
        splat_printer printer{chosen->as_json, chosen->source};
        auto failed = 0; // weighs more than what the other logs tell
        for (auto const& log : chosen->logs) {
            std::vector<splat> found;
            auto const scanned = scan_log(log, [&](splat const& report) {
                status = reports_found;
                if (printer.wants_symbols())
                    found.push_back(report);
                else
                    printer.show(log, report);
            });
            if (!found.empty()) printer.show(log, found, scanned.value_or(log_facts{}));
            if (!scanned) {
                report(scanned.error());
                constexpr auto unreadable = 2;
                failed = unreadable;
            }
        }
        printer.finish();
        if (failed != 0) status = failed;
    });
}

} // namespace ktest::cli
