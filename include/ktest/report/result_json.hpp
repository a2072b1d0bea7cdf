#pragma once

#include <ktest/report/run_report.hpp>

#include <fmt/chrono.h>
#include <nlohmann/json.hpp>

namespace ktest {

namespace detail {

inline auto json_seconds(std::optional<run_report::seconds> const& time) -> nlohmann::ordered_json {
    return time ? nlohmann::ordered_json(time->count()) : nlohmann::ordered_json{};
}

inline auto json_subtests(run_report const& report) -> nlohmann::ordered_json {
    auto list = nlohmann::ordered_json::array();
    for (auto const& subtest : report.subtests)
        list.push_back({{"name", subtest.name},
                        {"outcome", to_string(subtest.what)},
                        {"detail", subtest.detail},
                        {"diagnostics", subtest.diagnostics}});
    return list;
}

inline auto json_reports(run_report const& report) -> nlohmann::ordered_json {
    auto list = nlohmann::ordered_json::array();
    auto const or_null = [](std::string const& text) {
        return text.empty() ? nlohmann::ordered_json{} : nlohmann::ordered_json(text);
    };
    for (auto const& [what, before_test, excused, symbolised, source_line, untold, more] :
         report.kernel_reports)
        list.push_back({{"class", to_string(what.kind)},
                        {"title", what.title},
                        {"guilty_function", what.guilty_function},
                        {"fingerprint", what.fingerprint},
                        {"before_test", before_test},
                        {"excused", excused},
                        {"source_line", or_null(source_line)},
                        {"text", what.text},
                        {"symbolised", or_null(symbolised)},
                        {"more", more}});
    return list;
}

inline auto json_nodes(run_report const& report) -> nlohmann::ordered_json {
    auto list = nlohmann::ordered_json::array();
    for (auto const& node : report.nodes)
        list.push_back({{"name", node.name},
                        {"verdict", name(node.verdict)},
                        {"reason", reason(node.verdict)},
                        {"exit_status", exit_status(node.verdict)},
                        {"start", node.start},
                        {"boot_seconds", json_seconds(node.boot)},
                        {"test_seconds", json_seconds(node.ran)}});
    return list;
}

} // namespace detail

/// A run as JSON, what `result.json` and `--json FILE` hold: the keys in this order, null for what is not
/// known, U+FFFD for bytes that are not UTF-8. `version` changes when a key changes its meaning or goes.
inline auto result_json(run_report const& report) -> std::string {
    auto sizes = nlohmann::ordered_json::array();
    for (auto const size : report.scratch) sizes.push_back(size.count);
    using json = nlohmann::ordered_json;
    json const all{
        {"version", 1},
        {"test", report.test},
        {"node", report.node.empty() ? json{} : json(report.node)},
        {"script", report.script.string()},
        {"line", report.line},
        {"chosen", report.chosen},
        {"arguments", report.arguments},
        {"verdict", name(report.verdict)},
        {"reason", reason(report.verdict)},
        {"exit_status", exit_status(report.verdict)},
        {"script_status", report.script_status ? json(*report.script_status) : json{}},
        {"kernel", {{"name", report.kernel_name}, {"release", report.kernel_release}}},
        {"image", report.image.string()},
        {"accelerator", report.accelerator},
        {"start", report.start},
        {"shake", report.shake ? json(*report.shake) : json{}},
        {"memory_bytes", report.memory.count},
        {"cpus", report.cpus},
        {"scratch_bytes", std::move(sizes)},
        {"boot_seconds", detail::json_seconds(report.boot)},
        {"test_seconds", detail::json_seconds(report.ran)},
        {"total_seconds", report.total.count()},
        {"boots", report.boots},
        {"nodes", detail::json_nodes(report)},
        {"subtests", detail::json_subtests(report)},
        {"kernel_reports", detail::json_reports(report)},
        {"seed", report.seed},
        {"nonce", report.nonce},
        {"started_at", fmt::format("{:%FT%TZ}", report.started_at)},
        {"host", report.host},
        {"directory", report.directory.string()},
        {"command", report.command},
        {"artefacts", report.artefacts},
    };
    return all.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

/// The verdict's name in the text of a result.json; none where it is not one.
inline auto verdict_in_json(std::string_view text) -> std::optional<std::string> {
    auto const read = nlohmann::json::parse(text, nullptr, false);
    if (!read.is_object()) return std::nullopt;
    auto const said = read.find("verdict");
    if (said == read.end() || !said->is_string()) return std::nullopt;
    return said->get<std::string>();
}

} // namespace ktest
