#include "catch.hpp"
#include <ktest/net/apply_fault.hpp>

using namespace ktest;
using namespace std::chrono_literals;

namespace {

std::vector<network> const networks{{"lan", {"server", "client", "peer"}, {}},
                                    {"wan", {"client", "peer"}, {}}};

auto action(std::string_view text) -> fault_command::action {
    auto const command = parse_fault_command(text, networks);
    CAPTURE(text);
    if (!command) FAIL(command.error().message);
    return command->what;
}

auto complaint(std::string_view text) -> std::string {
    auto const command = parse_fault_command(text, networks);
    CAPTURE(text);
    if (command) FAIL("was taken");
    CHECK(command.error().kind == fault::usage);
    return command.error().message;
}

} // namespace

TEST_CASE("faults are read as tests write them", "[net]") {
    using actions = fault_command::action;
    CHECK(action("lan loss 5%") == actions{frame_loss{{50'000}}});
    CHECK(action("lan loss 0.25%") == actions{frame_loss{{2'500}}});
    CHECK(action("lan loss 100%") == actions{frame_loss{{1'000'000}}});
    CHECK(action("lan delay 20ms 5ms") == actions{frame_delay{20ms, 5ms}});
    CHECK(action("  lan  delay\t1.5s ") == actions{frame_delay{1500ms, 0s}});
    CHECK(action("lan delay 300us 1.001us") == actions{frame_delay{300us, 1001ns}});
    CHECK(action("lan dup 1%") == actions{frame_duplication{{10'000}}});
    CHECK(action("lan reorder 2%") == actions{frame_reordering{{20'000}}});
    CHECK(action("lan rate 10mbit") == actions{link_rate{10'000'000}});
    CHECK(action("lan rate 1.5gbit") == actions{link_rate{1'500'000'000}});
    CHECK(action("lan rate unlimited") == actions{link_rate{}});
    CHECK(action("lan cut server client") == actions{cut_nodes{"server", "client", cut_direction::both}});
    CHECK(action("lan cut server client one-way")
          == actions{cut_nodes{"server", "client", cut_direction::one_way}});
    CHECK(action("lan heal") == actions{heal_network{}});
    CHECK(action("lan heal server client") == actions{heal_nodes{"server", "client"}});
    CHECK(action("wan down peer") == actions{set_carrier{"peer", false}});
    CHECK(action("wan up peer") == actions{set_carrier{"peer", true}});
    CHECK(parse_fault_command("wan heal", networks)->network == "wan");
}

TEST_CASE("a word that is wrong is named, with what is possible", "[net]") {
    CHECK(complaint("")
          == "want NETWORK FAULT ...: one of the networks lan, wan, one of loss, delay, dup, "
             "reorder, rate, cut, heal, down, up");
    CHECK(complaint("lam loss 5%") == "'lam' is no network (there are lan, wan) (did you mean lan?)");
    CHECK(complaint("lan los 5%")
          == "'los' is no fault (there are loss, delay, dup, reorder, rate, cut, heal, down, up) "
             "(did you mean loss?)");
    CHECK(complaint("lan loss") == "'lan loss' has a word too few (want lan loss 5%)");
    CHECK(complaint("lan cut server client one-way now")
          == "'lan cut server client one-way now' has a word too many (want lan cut NODE NODE [one-way])");
    CHECK(complaint("lan loss 5") == "'5' is not a share (want 5%, 0.25%, ..., at most 100%)");
    for (auto const* bad : {"100.1%", "-1%", "1e1%", "0.0001%", "%", "5 %", "99999999999999999999%", "."})
        CHECK_FALSE(read_probability(bad));
    CHECK(complaint("lan delay 20") == "'20' is not a delay (want 20ms, 1.5s, 300us, ..., at most 60s)");
    CHECK_FALSE(read_delay("61s"));
    CHECK_FALSE(read_delay("-5ms"));
    CHECK(complaint("lan delay 5ms 20ms") == "'20ms' is more than the delay that it varies, 5ms");
    CHECK(complaint("lan rate 0mbit")
          == "'0mbit' is not a rate (want 10mbit, 1.5gbit, ..., from 1kbit to 1000gbit, or unlimited)");
    CHECK(complaint("wan cut server client") == "'server' is no node of wan (there are client, peer)");
    CHECK(complaint("lan cut server cleint")
          == "'cleint' is no node of lan (there are server, client, peer) (did you mean client?)");
    CHECK(complaint("lan cut server server") == "'server' twice (want two nodes)");
    CHECK(complaint("lan cut server client oneway")
          == "'oneway' is not known here (want one-way, or nothing)");
    CHECK(complaint("lan heal server") == "'server' alone (want two nodes, or none)");
    CHECK(complaint("lan down nobody") == "'nobody' is no node of lan (there are server, client, peer)");
    CHECK(complaint("lan loss\n5%") == "byte 9 (0x0a) is not text");
    CHECK(complaint("lan \"loss") == "the quote \" is not closed");
    CHECK(complaint("lan " + std::string(100'000, 'x')).size() < 200);
}

TEST_CASE("a fault reaches the links of the nodes that it names", "[net]") {
    auto const& wan = networks[1];
    link_faults links{1};
    auto const cut = [&](std::string_view from, std::string_view to) {
        return links.is_cut(port_of(wan, from), port_of(wan, to));
    };
    CHECK(apply(action("wan cut peer client one-way"), links, wan));
    CHECK(cut("peer", "client"));
    CHECK_FALSE(cut("client", "peer"));
    CHECK(apply(action("wan heal client peer"), links, wan));
    CHECK_FALSE(cut("peer", "client"));
    CHECK(apply(action("wan cut peer client"), links, wan));
    CHECK(apply(action("wan heal"), links, wan));
    CHECK_FALSE(cut("peer", "client"));

    CHECK(apply(action("wan loss 100%"), links, wan));
    CHECK(links.pass(60, {0}, {1}, {}).what == frame_fate::kind::lost);
    CHECK_FALSE(apply(action("wan down peer"), links, wan));
}
