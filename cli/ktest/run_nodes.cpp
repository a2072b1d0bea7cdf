#include "run_nodes.hpp"

#include "test_guest.hpp"
#include <ktest/report/junit.hpp>
#include <ktest/report/nodes_report.hpp>
#include <ktest/report/result_json.hpp>
#include <ktest/run/node_plan.hpp>
#include <ktest/run/nodes_run.hpp>

#include <deque>

namespace ktest::cli {

namespace {

/// A node's VM: its plan stays where it is, for its guest knows it.
struct test_node {
    test_node(run_options const& options, test_plan const& all, std::size_t number, paths const& where,
              template_use templates, progress& console)
        : name{all.spec.nodes[number]},
          plan{node_plan(all, number)},
          guest{options, plan, where, templates, console, name},
          cards{node_cards(all.spec, number)} {}

    std::string name;
    test_plan plan;
    test_guest guest;
    std::vector<node_card> cards;
    std::optional<slot> place;
    int starts = 0;
};

auto start(test_node& node, paths const& where, descriptor& build_lock) -> result<node_start> {
    if (node.starts++ > 0) // nothing of the guest before is there
        if (auto fresh = fresh_vm_directory(where, node.place->number); !fresh)
            return tl::unexpected{fresh.error()};
    auto machine = node.guest.start(*node.place);
    if (!machine) return tl::unexpected{machine.error()};
    return node.guest.run_options_in(*node.place).map([&](guest_run_options options) {
        options.on_guest = [&build_lock, heed = std::move(options.on_guest)](wire::from_guest const& said) {
            if (std::holds_alternative<wire::started>(said)) build_lock.close();
            heed(said);
        };
        return node_start{std::move(options), std::move(*machine)};
    });
}

auto part_of(test_node& node, paths const& where, descriptor& build_lock) -> node_part {
    std::vector<std::size_t> networks;
    for (auto const& card : node.cards) networks.push_back(card.network);
    return {.name = node.name,
            .networks = std::move(networks),
            .log = node.guest.log(),
            .start = [&] { return start(node, where, build_lock); },
            .ended = [&](guest_outcome const& outcome) { node.guest.ended(outcome); }};
}

/// All nodes together must fit the host.
auto check_nodes(std::deque<test_node> const& nodes) -> result<void> {
    machine_request all;
    for (auto const& node : nodes) {
        if (auto fits = check_startable(node.plan.machine); !fits) return fits;
        all.memory.count += node.plan.machine.memory.count;
    }
    return check_fits(all);
}

auto claim(std::deque<test_node>& nodes, run_options const& options, paths const& where, progress& console)
    -> result<void> {
    auto const say = [&](std::string_view text) { console.line(fmt::format("ktest: {}", text)); };
    return check_nodes(nodes)
        .and_then([&] {
            return claim_slots(where, nodes.size(),
                               {.budget = options.request.guest.slot_wait, .begun = say});
        })
        .map([&](std::vector<slot> places) {
            for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i].place = std::move(places[i]);
        });
}

/// Each node's files lie in a directory of its own.
auto open_logs(std::deque<test_node>& nodes, std::filesystem::path const& directory) -> result<void> {
    for (auto& node : nodes) {
        auto const own = directory / node.name;
        if (::mkdir(own.c_str(), 0777) != 0 && errno != EEXIST)
            return system_failure(errno, "{}", own.string());
        if (auto opened = node.guest.open_log(own); !opened) return opened;
    }
    return {};
}

/// What passed the networks is of use to who looks for a failure.
void drop_captures(std::vector<network> const& networks, std::filesystem::path const& directory) {
    std::error_code ignored;
    for (auto const& net : networks) std::filesystem::remove(directory / (net.name + ".pcapng"), ignored);
}

} // namespace

auto run_nodes(run_options const& options, test_plan plan, paths const& where, template_use templates,
               progress& console) -> result<finished_run> {
    std::deque<test_node> nodes;
    for (std::size_t i = 0; i < plan.spec.nodes.size(); ++i)
        nodes.emplace_back(options, plan, i, where, templates, console);
    auto claimed = claim(nodes, options, where, console);
    auto report = begin_report(options, plan);
    auto const files = run_directory_for(options, report, where, console);
    if (!files) return tl::unexpected{files.error()};
    report.directory = files->path;
    if (auto opened = open_logs(nodes, files->path); !opened) return tl::unexpected{opened.error()};
    auto const output = open_file(files->path / "test.log", O_RDWR | O_CREAT | O_TRUNC | O_APPEND);
    if (!output) return tl::unexpected{output.error()};

    console.update(fmt::format("booting {} on {} nodes", plan.machine.kernel.release, nodes.size()));
    auto const outcome = claimed.and_then([&] {
        std::vector<node_part> parts;
        for (auto& node : nodes) parts.push_back(part_of(node, where, plan.build_lock));
        nodes_run run{std::move(parts),
                      {.networks = plan.spec.networks,
                       .seed = plan.seed,
                       .directory = files->path,
                       .scratch = where.scratch(),
                       .hold = hold_rules_of(options, plan),
                       .say = [&](std::string_view text) { console.line(fmt::format("ktest: {}", text)); }},
                      *output};
        return run.run();
    });

    std::vector<run_report> reports;
    std::vector<std::string> warnings;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        auto const of_node =
            outcome ? result<guest_outcome>{outcome->nodes[i]} : tl::unexpected{outcome.error()};
        auto begun = begin_report(options, nodes[i].plan);
        begun.node = nodes[i].name;
        reports.push_back(nodes[i].guest.report(std::move(begun), of_node));
        auto const own = nodes[i].guest.log().directory();
        auto const text = read_file(own / "test.log").value_or("");
        for (auto const& [file, content] : {std::pair{"result.json", result_json(reports.back())},
                                            std::pair{"junit.xml", junit_xml(reports.back(), text)}})
            if (auto written = write_file(own / file, content); !written)
                reports.back().verdict = unavailable_host{written.error().message};
        for (auto& warning : nodes[i].guest.warnings())
            warnings.push_back(fmt::format("{}: {}", nodes[i].name, warning));
    }
    report =
        joint_report(std::move(report), reports, outcome ? outcome->cause : std::optional<std::size_t>{});
    if (outcome && outcome->interrupted_by) report.verdict = interrupted{*outcome->interrupted_by};
    if (!outcome) report.verdict = unavailable_host{outcome.error().message};
    if (std::holds_alternative<passed>(report.verdict) && !options.pcap)
        drop_captures(plan.spec.networks, files->path);
    conclude(report, options, read_file(files->path / "test.log").value_or(""), console);
    return finished_run{std::move(report), std::move(warnings)};
}

} // namespace ktest::cli
