#pragma once

#include <ktest/net/node_cards.hpp>
#include <ktest/run/test_plan.hpp>

namespace ktest {

/// What one node's VM needs, by its place in NODES.
inline auto node_plan(test_plan const& all, std::size_t node) -> test_plan {
    auto const& spec = all.spec;
    auto const& name = spec.nodes[node];
    auto const found = spec.node_specs.find(name);
    auto const own = found == spec.node_specs.end() ? node_spec{} : found->second;
    test_plan plan{.name = all.name,
                   .spec = spec,
                   .payload = all.payload,
                   .machine = all.machine,
                   .start = all.start,
                   .budgets = all.budgets,
                   .seed = all.seed};
    plan.machine.name = fmt::format("{}-{}", all.name, name);
    plan.machine.node = name;
    plan.machine.memory = own.memory.value_or(all.machine.memory);
    plan.machine.cpus = own.cpus.value_or(all.machine.cpus);
    plan.machine.scratch = own.scratch.value_or(all.machine.scratch);
    plan.start.nonce = make_nonce();
    plan.start.hostname = name;
    plan.start.scratch = counts(plan.machine.scratch);
    plan.start.hosts = hosts_lines(spec, name);
    for (auto const& card : node_cards(spec, node)) {
        plan.machine.card_macs.push_back(card.mac);
        plan.start.networks.push_back(card.settings);
    }
    auto& environment = plan.start.environment;
    environment.push_back(fmt::format("KTEST_NODE={}", name));
    environment.push_back(fmt::format("KTEST_NODES={}", fmt::join(spec.nodes, " ")));
    return plan;
}

} // namespace ktest
