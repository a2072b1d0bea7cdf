#include "../report_error.hpp"
#include "commands.hpp"
#include <ktest/run/ask_deps.hpp>
#include <ktest/run/test_environment.hpp>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <range/v3/view/transform.hpp>

#include <memory>

namespace ktest::cli {

namespace {

auto sizes(std::vector<bytes> const& list) {
    return list | ranges::views::transform([](bytes size) { return to_string(size); });
}

auto line(std::string const& test, test_spec const& spec) -> std::string {
    auto text = fmt::format("{}  {}", test, to_string(spec.memory));
    if (spec.cpus) text += fmt::format("  cpus {}", *spec.cpus);
    if (!spec.scratch.empty()) text += fmt::format("  scratch {}", fmt::join(sizes(spec.scratch), ","));
    if (spec.timeout) text += fmt::format("  timeout {}", spec.timeout->count());
    if (!spec.nodes.empty()) text += fmt::format("  nodes {}", fmt::join(spec.nodes, ","));
    if (!spec.tests.empty()) text += fmt::format("  tests {}", fmt::join(spec.tests, ","));
    return text;
}

auto json(std::string const& test, test_spec const& spec) -> nlohmann::ordered_json {
    nlohmann::ordered_json entry;
    entry["test"] = test;
    entry["memory_bytes"] = spec.memory.count;
    if (spec.cpus) entry["cpus"] = *spec.cpus;
    for (auto const size : spec.scratch) entry["scratch_bytes"].push_back(size.count);
    if (spec.timeout) entry["timeout_seconds"] = spec.timeout->count();
    for (auto const& [key, list] : {std::pair{"require", &spec.require}, std::pair{"tests", &spec.tests},
                                    std::pair{"nodes", &spec.nodes}, std::pair{"append", &spec.append}})
        if (!list->empty()) entry[key] = *list;
    return entry;
}

} // namespace

void add_list(CLI::App& app, int& status) {
    auto tests = std::make_shared<std::vector<std::string>>();
    auto as_json = std::make_shared<bool>(false);
    auto* const command = app.add_subcommand("list", "What tests are there, and what they need");
    command->add_option("test", *tests, "test scripts")->required();
    command->add_flag("--json", *as_json, "as JSON");
    command->callback([tests, as_json, &status] {
        auto all = nlohmann::ordered_json::array();
        for (auto const& test : *tests) {
            auto const spec = ask_deps(test, {}, test_environment());
            if (!spec) {
                status = report(spec.error()); // the other tests are listed all the same
                if (*as_json) all.push_back({{"test", test}, {"error", spec.error().message}});
            } else if (*as_json) {
                all.push_back(json(test, *spec));
            } else {
                fmt::print("{}\n", line(test, *spec));
            }
        }
        if (*as_json)
            fmt::print("{}\n", all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    });
}

} // namespace ktest::cli
