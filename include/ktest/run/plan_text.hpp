#pragma once

#include <ktest/run/node_plan.hpp>
#include <ktest/run/qemu_script.hpp>

#include <range/v3/view/transform.hpp>

#include <string>

namespace ktest {

namespace detail {

inline auto describe_disks(std::vector<bytes> const& disks) -> std::string {
    return fmt::format(
        "{}", fmt::join(disks | ranges::views::transform([](bytes size) { return to_string(size); }), ", "));
}

/// `512M, 2 CPUs, tcg`
inline auto describe_size(machine_request const& machine) -> std::string {
    return fmt::format("{}, {} CPU{}, {}", to_string(machine.memory), machine.cpus,
                       machine.cpus == 1 ? "" : "s", to_string(machine.acceleration));
}

inline auto describe_machine_of(machine_request const& machine, std::string_view head) -> std::string {
    auto text = fmt::format("{}{}\n", head, describe_size(machine));
    if (!machine.scratch.empty()) text += fmt::format("scratch  {}\n", describe_disks(machine.scratch));
    return text;
}

} // namespace detail

/// The plan for people; each VM's QEMU command line last.
inline auto describe(test_plan const& plan) -> std::string {
    auto const& machine = plan.machine;
    auto const& spec = plan.spec;
    auto text = fmt::format("test     {}\nkernel   {} ({})\nimage    {}\n", plan.name, machine.kernel.release,
                            machine.kernel.image.string(), machine.root_image.string());
    std::vector<machine_request> machines;
    for (std::size_t i = 0; i < spec.nodes.size(); ++i) {
        machines.push_back(node_plan(plan, i).machine);
        text += detail::describe_machine_of(machines.back(), fmt::format("node     {}: ", spec.nodes[i]));
    }
    if (spec.nodes.empty()) {
        machines.push_back(machine);
        text += detail::describe_machine_of(machine, "memory   ");
    }
    for (auto const& net : spec.networks)
        text += fmt::format("network  {}: {}\n", net.name, fmt::join(net.nodes, ", "));
    text += plan.budgets.test ? fmt::format("timeout  {} s\n", plan.budgets.test->count() / 1000)
                              : "timeout  none\n";
    for (auto const& member : plan.payload)
        text += fmt::format("cdrom    {}{}\n", member.name,
                            member.source.empty() ? "" : fmt::format(" = {}", member.source.string()));
    for (auto const& one : machines)
        text += shell_quote(qemu_command<x86_64>(named_machine(one, slot_number::all()[0]))) + '\n';
    return text;
}

} // namespace ktest
