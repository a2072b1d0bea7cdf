#pragma once

#include <ktest/report/run_report.hpp>
#include <ktest/run/nodes_outcome.hpp>

#include <algorithm>

namespace ktest {

namespace detail {

/// `2 nodes: cold`, `3 nodes: 1 cold, 2 from templates`
inline auto describe_starts(std::vector<run_report> const& nodes) -> std::string {
    auto const cold = static_cast<std::size_t>(
        std::count_if(nodes.begin(), nodes.end(), [](run_report const& one) { return one.start == "cold"; }));
    auto const restored = nodes.size() - cold;
    auto const templates = restored == 1 ? "a template" : "templates";
    if (restored == 0) return fmt::format("{} nodes: cold", nodes.size());
    if (cold == 0) return fmt::format("{} nodes: {}", nodes.size(), templates);
    return fmt::format("{} nodes: {} cold, {} from {}", nodes.size(), cold, restored, templates);
}

} // namespace detail

/// What the nodes of a test say together; `common` is what was known before, `cause` the place of the one
/// whose end ended the others.
inline auto joint_report(run_report common, std::vector<run_report> const& nodes,
                         std::optional<std::size_t> cause) -> run_report {
    std::vector<std::string> names;
    std::vector<verdict> said;
    for (auto const& one : nodes) {
        names.push_back(one.node);
        said.push_back(one.verdict);
        common.nodes.push_back({one.node, one.verdict, one.start, one.boot, one.ran});
        common.boot = std::max(common.boot, one.boot);
        common.ran = std::max(common.ran, one.ran);
        common.total = std::max(common.total, one.total);
        common.boots = std::max(common.boots, one.boots);
        for (auto inside : one.subtests) {
            inside.name = one.node + "." + inside.name;
            common.subtests.push_back(std::move(inside));
        }
        common.kernel_reports.insert(common.kernel_reports.end(), one.kernel_reports.begin(),
                                     one.kernel_reports.end());
    }
    common.verdict = joint_verdict(names, said, cause);
    common.line = nodes[cause.value_or(0)].line;
    common.start = detail::describe_starts(nodes);
    return common;
}

} // namespace ktest
