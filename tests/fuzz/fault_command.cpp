#include "fuzz.hpp"
#include <ktest/net/apply_fault.hpp>

using namespace ktest;

namespace {

std::vector<network> const networks{{"lan", {"server", "client", "peer"}, {}},
                                    {"wan", {"client", "peer"}, {}}};

} // namespace

void fuzz(std::string_view input) {
    auto const command = parse_fault_command(input, networks);
    if (!command) { // one line that can be read
        always(command.error().kind == fault::usage && command.error().message.size() < 500);
        always(detail::find_rubbish(command.error().message) == std::string::npos);
        return;
    }
    auto const net = find_network(networks, command->network);
    always(net != networks.end());
    link_faults links{1};
    always(apply(command->what, links, *net) != std::holds_alternative<set_carrier>(command->what));
    for (std::size_t to = 0; to < net->nodes.size(); ++to) {
        auto const fate = links.pass(1514, {0}, {to}, {});
        always(fate.copies <= 2 && (fate.copies > 0) == (fate.what == frame_fate::kind::arrives));
        for (std::size_t copy = 0; copy < fate.copies; ++copy)
            always(fate.arrivals[copy] >= link_faults::time{});
    }
}
