#include "catch.hpp"
#include "nodes_without_vms.hpp"

using namespace ktest;

TEST_CASE("commands of two nodes meet at a barrier", "[node_command]") {
    nodes_without_vms nodes;
    auto const server = nodes.start(0, {"/run/ktest/bin/ktest-barrier", "data"});
    nodes.until([&] { return !nodes.meeting.waiting().empty(); });
    CHECK(nodes.run(1, {"ktest-barrier", "data", "server,client"}) == "0: ");
    CHECK(nodes.finish(server) == "0: ");
}

TEST_CASE("a barrier says who came when its time is up", "[node_command]") {
    nodes_without_vms nodes;
    CHECK(nodes.run(0, {"ktest-barrier", "-t", "0", "data"})
          == "1: ktest-barrier: data: the time is up: server came, client did not\n");
    CHECK(nodes.heard == std::vector<std::string>{"barrier data ", "give-up"});
    CHECK(nodes.meeting.waiting().empty());
}

TEST_CASE("a barrier fails with the cause when the other node ends", "[node_command]") {
    nodes_without_vms nodes;
    auto const server = nodes.start(0, {"ktest-barrier", "-t", "100000", "data"});
    nodes.until([&] { return !nodes.meeting.waiting().empty(); });
    nodes.end(1, "it crashed: Oops");
    CHECK(nodes.finish(server) == "1: ktest-barrier: data: client will not come: it crashed: Oops\n");
}

TEST_CASE("a value goes from node to node", "[node_command]") {
    nodes_without_vms nodes;
    auto const waits = nodes.start(1, {"ktest-wait", "port"});
    nodes.until([&] { return !nodes.meeting.waiting().empty(); });
    CHECK(nodes.run(0, {"ktest-send", "port", "-80 81"}) == "0: ");
    CHECK(nodes.finish(waits) == "0: -80 81\n");
    CHECK(nodes.run(0, {"ktest-wait", "-t", "0.5", "port"}) == "0: -80 81\n");
    CHECK(nodes.run(0, {"ktest-wait", "-t", "0", "other"})
          == "1: ktest-wait: other: the time is up: nobody has sent it\n");
    CHECK(nodes.run(0, {"ktest-send", "--", "-k", std::string(70000, 'x')})
          == "1: ktest-send: -k: the value has more than 65536 bytes\n");
}

TEST_CASE("a network is disturbed in the words of the command", "[node_command]") {
    nodes_without_vms nodes;
    CHECK(nodes.run(0, {"ktest-net", "lan", "heal"}) == "0: ");
    CHECK(nodes.run(0, {"ktest-net", "lan", "loss", "5%"})
          == "1: ktest-net: lan loss 5%: there is no such fault\n");
    CHECK(nodes.heard == std::vector<std::string>{"net lan heal", "net lan loss 5%"});
}

TEST_CASE("a wrong call says how it is called right", "[node_command]") {
    nodes_without_vms nodes;
    auto const usage = std::string{"usage: ktest-barrier [-t SECONDS] NAME [NODE,NODE...]\nWaits until these "
                                   "nodes (none: all of the test) have come to the barrier.\n"};
    auto const wrong = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "ktest-barrier");
        auto const said = nodes.run(0, std::move(words));
        REQUIRE(said.ends_with(usage));
        return said.substr(0, said.size() - usage.size());
    };
    CHECK(wrong({}) == "2: ktest-barrier: a word too few\n");
    CHECK(wrong({"a", "server", "c"}) == "2: ktest-barrier: a word too many\n");
    CHECK(wrong({"-x"}) == "2: ktest-barrier: -x: there is no such option\n");
    for (auto const* seconds : {"", "-1", "1x", "nan", "inf", "1e7", "0x"})
        CHECK(wrong({"-t", seconds, "a"})
              == "2: ktest-barrier: -t wants a number of seconds, up to 1000000\n");
    CHECK(wrong({"-t"}) == "2: ktest-barrier: -t wants a number of seconds, up to 1000000\n");
    CHECK(nodes.run(0, {"ktest-barrier", "--help"}) == "0: " + usage);
    CHECK(nodes.run(0, {"ktest-send", "-t", "1", "k", "v"})
              .starts_with("2: ktest-send: -t: there is no such option\n"));
    CHECK(nodes.heard.empty());
}

TEST_CASE("where there are no other nodes a command says so", "[node_command]") {
    nodes_without_vms nodes;
    std::filesystem::remove(nodes.socket(0));
    CHECK(
        nodes.run(0, {"ktest-barrier", "data"})
        == fmt::format("1: ktest-barrier: data: this is no node of a test with several ({}: No such file or "
                       "directory)\n",
                       nodes.socket(0)));
}

TEST_CASE("init's program is a command under a command's name alone", "[node_command]") {
    CHECK_FALSE(init::run_node_command({"/init"}));
    CHECK_FALSE(init::run_node_command({"ktest-barrier/init", "splash"}));
    CHECK_FALSE(init::run_node_command({"ktest-node"}));
    CHECK_FALSE(init::run_node_command({}));
}
