#include "catch.hpp"
#include <ktest/report/nodes_report.hpp>
#include <ktest/report/result_json.hpp>
#include <ktest/report/verdict_line.hpp>

using namespace ktest;
using namespace std::chrono_literals;

namespace {

auto report_of(std::string node, verdict said, std::string start) -> run_report {
    run_report report{.test = "net", .verdict = std::move(said), .boot = 850ms, .ran = 2s, .total = 3s};
    report.node = std::move(node);
    report.start = std::move(start);
    report.line = 7;
    return report;
}

} // namespace

TEST_CASE("a joint report has the cause's verdict and line, and the longest times", "[nodes_report]") {
    auto server = report_of("server", interrupted{"stopped"}, "cold");
    auto client = report_of("client", failed{"exit status 1"}, "template 3f2a 2 h");
    client.line = 12;
    client.ran = 4s;
    server.subtests.push_back({.name = "listen"});
    auto const joint = joint_report({.test = "net", .script = "tests/net"}, {server, client}, 1);
    CHECK(joint.verdict == verdict{failed{"client: exit status 1"}});
    CHECK(joint.line == 12);
    CHECK(joint.ran == run_report::seconds{4s});
    CHECK(joint.start == "2 nodes: 1 cold, 1 from a template");
    REQUIRE(joint.subtests.size() == 1);
    CHECK(joint.subtests[0].name == "server.listen");
    CHECK(verdict_text(joint, false)
          == "FAILED net  3.00 s  (2 nodes: 1 cold, 1 from a template, ready 0.85, test 4.00): client: exit "
             "status 1\n"
             "tests/net:12: error: failed: client: exit status 1\n"
             "tests/net: note: node server interrupted: stopped\n"
             "tests/net: note: node client failed: exit status 1\n");
    auto const json = nlohmann::json::parse(result_json(joint));
    CHECK(json["node"].is_null());
    CHECK(json["nodes"][1]["name"] == "client");
    CHECK(json["nodes"][1]["verdict"] == "failed");
    CHECK(json["nodes"][0]["start"] == "cold");
    CHECK(nlohmann::json::parse(result_json(client))["node"] == "client");
}

TEST_CASE("nodes that began alike are told of in a word", "[nodes_report]") {
    auto const start = [](std::vector<run_report> const& nodes) { return joint_report({}, nodes, {}).start; };
    auto const cold = report_of("a", passed{}, "cold");
    auto const warm = report_of("b", passed{}, "template 3f2a 2 h");
    CHECK(start({cold, cold}) == "2 nodes: cold");
    CHECK(start({warm, warm, warm}) == "3 nodes: templates");
    CHECK(start({warm, cold, warm}) == "3 nodes: 1 cold, 2 from templates");
}
