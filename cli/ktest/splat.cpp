#include "../report_error.hpp"
#include "commands.hpp"
#include <ktest/report/printable.hpp>
#include <ktest/run/splat_scanner.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
#include <functional>
#include <memory>

namespace ktest::cli {

namespace {

constexpr auto reports_found = 3;

/// Reads a log piece by piece, so that one of any size, or one that still grows, will do.
auto scan_log(std::string const& log, std::function<void(splat const&)> const& take) -> result<void> {
    auto const is_stdin = log == "-";
    auto file = is_stdin ? result<descriptor>{descriptor{::dup(STDIN_FILENO)}} : open_file(log, O_RDONLY);
    if (!file) return tl::unexpected{file.error()};
    splat_scanner scanner;
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
        give(scanner.feed({block.data(), static_cast<std::size_t>(got)}));
    }
    give(scanner.flush());
    return {};
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

} // namespace

void add_splat(CLI::App& app, int& status) {
    auto logs = std::make_shared<std::vector<std::string>>();
    auto as_json = std::make_shared<bool>(false);
    auto* const command = app.add_subcommand("splat", "What the kernel reported in saved logs");
    command->add_option("log", *logs, "a console's output, dmesg, a journal; - is stdin")->required();
    command->add_flag("--json", *as_json, "as JSON, with the reports' texts");
    command->callback([logs, as_json, &status] {
        auto all = nlohmann::ordered_json::array();
        auto failed = 0; // weighs more than what the other logs tell
        for (auto const& log : *logs) {
            auto const scanned = scan_log(log, [&](splat const& report) {
                status = reports_found;
                if (*as_json)
                    all.push_back(json(log, report));
                else
                    fmt::print("{}\n", line(log, report));
            });
            if (!scanned) {
                report(scanned.error());
                constexpr auto unreadable = 2;
                failed = unreadable;
            }
        }
        if (*as_json)
            fmt::print("{}\n", all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
        if (failed != 0) status = failed;
    });
}

} // namespace ktest::cli
