#include "../report_error.hpp"
#include "commands.hpp"
#include <ktest/run/ask_all_deps.hpp>
#include <ktest/run/test_environment.hpp>
#include <ktest/spec/join.hpp>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <range/v3/view/transform.hpp>

#include <memory>

namespace ktest::cli {

namespace {

auto sizes(std::vector<bytes> const& list) {
    return list | ranges::views::transform([](bytes size) { return to_string(size); });
}

/// A test's needs, joined with those of the libraries that it brings.
struct listed_test {
    test_spec spec;
    std::vector<std::string> libraries;
};

auto ask(std::string const& test) -> result<listed_test> {
    auto const scripts = ask_all_deps(test, {}, test_environment());
    if (!scripts) return tl::unexpected{scripts.error()};
    return join(*scripts).map([&](test_spec spec) {
        listed_test listed{std::move(spec), {}};
        for (auto library = scripts->begin(); library != std::prev(scripts->end()); ++library)
            listed.libraries.push_back(library->path.string());
        return listed;
    });
}

auto line(std::string const& test, listed_test const& listed) -> std::string {
    auto const& spec = listed.spec;
    auto text = fmt::format("{}  {}", test, to_string(spec.memory));
    if (spec.cpus) text += fmt::format("  cpus {}", *spec.cpus);
    if (!spec.scratch.empty()) text += fmt::format("  scratch {}", fmt::join(sizes(spec.scratch), ","));
    if (spec.timeout) text += fmt::format("  timeout {}", spec.timeout->count());
    if (!spec.nodes.empty()) text += fmt::format("  nodes {}", fmt::join(spec.nodes, ","));
    if (!spec.tests.empty()) text += fmt::format("  tests {}", fmt::join(spec.tests, ","));
    if (!listed.libraries.empty()) text += fmt::format("  libraries {}", fmt::join(listed.libraries, ","));
    return text;
}

auto json(std::string const& test, listed_test const& listed) -> nlohmann::ordered_json {
    auto const& spec = listed.spec;
    nlohmann::ordered_json entry;
    entry["test"] = test;
    entry["memory_bytes"] = spec.memory.count;
    if (spec.cpus) entry["cpus"] = *spec.cpus;
    for (auto const size : spec.scratch) entry["scratch_bytes"].push_back(size.count);
    if (spec.timeout) entry["timeout_seconds"] = spec.timeout->count();
    for (auto const& [key, list] :
         {std::pair{"require", &spec.require}, std::pair{"lrequire", &spec.tree_require},
          std::pair{"libraries", &listed.libraries}, std::pair{"tests", &spec.tests},
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
            auto const listed = ask(test);
            if (!listed) {
                status = report(listed.error()); // the other tests are listed all the same
                if (*as_json) all.push_back({{"test", test}, {"error", listed.error().message}});
            } else if (*as_json) {
                all.push_back(json(test, *listed));
            } else {
                fmt::print("{}\n", line(test, *listed));
            }
        }
        if (*as_json)
            fmt::print("{}\n", all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    });
}

} // namespace ktest::cli
