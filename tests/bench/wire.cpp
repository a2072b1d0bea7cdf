// TCP between two guests through ktest's switch, beside QEMU's own socket pair from one to the other.

#include "give_up.hpp"
#include <ktest/run/guest_source.hpp>
#include <ktest/run/node_plan.hpp>
#include <ktest/run/nodes_run.hpp>

#include <algorithm>
#include <charconv>
#include <deque>

namespace {

using namespace ktest;
using bench::give_up;

template<class T>
auto must(result<T> got) -> T {
    if (!got) give_up(got.error().message);
    return std::move(*got);
}

struct test_node {
    test_node(test_plan const& all, std::size_t number, paths const& where, std::vector<slot>& places)
        : plan{node_plan(all, number)},
          place{std::move(places[number])},
          log{must(run_log::unnamed(where.scratch()))} {}
    test_plan plan;
    slot place;
    run_log log;
};

/// QEMU's end of its only cable becomes `end`.
void rewire(launch& machine, descriptor const& end) {
    for (std::size_t i = 0; i < machine.qemu.arguments.size(); ++i) {
        std::string_view const word = machine.qemu.arguments[i];
        constexpr std::string_view head = "dgram,id=lan0,local.type=fd,local.str=";
        if (!word.starts_with(head)) continue;
        auto number = 0;
        std::from_chars(word.data() + head.size(), word.data() + word.size(), number);
        for (auto const& [ours, theirs] : machine.qemu.descriptors)
            if (theirs == number) ::dup3(end.get(), ours, O_CLOEXEC);
    }
}

/// Milliseconds, as the client has them.
auto transfer(test_plan const& plan, paths const& where, std::filesystem::path const& captures, bool direct)
    -> double {
    auto places = must(claim_slots(where, 2));
    auto wire = must(ethernet_cable());
    std::deque<test_node> nodes;
    for (std::size_t i = 0; i < 2; ++i) nodes.emplace_back(plan, i, where, places);
    std::vector<node_part> parts;
    for (std::size_t i = 0; i < 2; ++i) {
        auto& node = nodes[i];
        auto const start = [&, i]() -> result<node_start> {
            return write_payload(where.scratch(), node.plan.payload)
                .and_then([&](descriptor payload) {
                    return open_guest(node.plan.machine, std::move(payload), node.place, where.scratch(),
                                      [](descriptor const&) { return result<guest_start>{}; });
                })
                .map([&](launch machine) {
                    if (direct) rewire(machine, wire[i]);
                    wire[i].close();
                    guest_run_options options{.start = node.plan.start,
                                              .budgets = node.plan.budgets,
                                              .acceleration = node.plan.machine.acceleration,
                                              .say = [](std::string_view) {},
                                              .on_guest = [](wire::from_guest const&) {},
                                              .on_kernel_record = [](kernel_record const&) {}};
                    return node_start{std::move(options), std::move(machine)};
                });
        };
        parts.push_back({.name = plan.spec.nodes[i],
                         .networks = {0},
                         .log = node.log,
                         .start = start,
                         .ended = [](guest_outcome const&) {}});
    }
    auto const output = must(open_unnamed(where.scratch()));
    nodes_run run{std::move(parts),
                  {.networks = plan.spec.networks,
                   .directory = captures,
                   .scratch = where.scratch(),
                   .say = [](std::string_view) {}},
                  output};
    auto const outcome = must(run.run());
    for (auto const& node : outcome.nodes)
        if (!std::holds_alternative<passed>(node.said)) give_up(reason(node.said));
    auto const text = must(read_file(fmt::format("/proc/self/fd/{}", nodes[1].log.test().get())));
    return std::strtod(text.c_str(), nullptr);
}

} // namespace

auto main(int argc, char** argv) -> int {
    if (argc != 3) give_up("usage: ktest-bench-wire TEST DIRECTORY");
    auto const where = must(find_paths());
    test_request asked{.script = argv[1]};
    asked.guest.acceleration = accelerator_wish::tcg;
    auto const plan = must(make_test_plan(asked, where, {}));
    std::vector<double> switched, direct;
    constexpr auto rounds = 5;
    for (auto i = 0; i < rounds; ++i) {
        switched.push_back(transfer(plan, where, argv[2], false));
        direct.push_back(transfer(plan, where, argv[2], true));
    }
    auto const median = [](std::vector<double> values) {
        std::sort(values.begin(), values.end());
        return values[values.size() / 2];
    };
    fmt::print("64 MiB by TCP: through the switch {:.0f} ms, QEMU to QEMU {:.0f} ms: {:.2f} of its speed "
               "(medians of {})\n",
               median(switched), median(direct), median(direct) / median(switched), rounds);
}
