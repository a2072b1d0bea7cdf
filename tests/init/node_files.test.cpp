#include "catch.hpp"
#include "nodes_without_vms.hpp"

#include <random>

using namespace ktest;

namespace {

auto content_of(std::filesystem::path const& file) -> std::string {
    return read_file(file).value_or("(it is not there)");
}

/// Of many pieces, the last of which is not whole.
auto many_bytes() -> std::string {
    std::mt19937 random{20240229};
    std::string bytes(10 * wire::piece_limit + 7, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random() & 0xffU);
    return bytes;
}

} // namespace

TEST_CASE("a file goes from node to node whole", "[node_files]") {
    nodes_without_vms nodes;
    auto const bytes = many_bytes();
    REQUIRE(write_file(nodes.directory() + "/log", bytes));
    CHECK(nodes.run(0, {"ktest-put", "log"}) == "0: ");
    CHECK(nodes.run(1, {"ktest-get", "server:log", "copy"}) == "0: ");
    CHECK(content_of(nodes.directory() + "/copy") == bytes);
    struct stat status {};
    REQUIRE(::stat((nodes.directory() + "/copy").c_str(), &status) == 0);
    auto const mask = ::umask(0);
    ::umask(mask);
    CHECK((status.st_mode & 0777U) == (0666U & ~mask));
    CHECK(nodes.run(1, {"ktest-get", "server:log", "-"}) == "0: " + bytes);
}

TEST_CASE("a file is waited for, and comes by its own name", "[node_files]") {
    nodes_without_vms nodes;
    REQUIRE(write_file(nodes.directory() + "/empty", ""));
    auto const waits = nodes.start(1, {"ktest-get", "server:dir/name"});
    nodes.until([&] { return !nodes.meeting.waiting().empty(); });
    CHECK(nodes.run(0, {"ktest-put", nodes.directory() + "/empty", "dir/name"}) == "0: ");
    CHECK(nodes.finish(waits) == "0: ");
    CHECK(content_of(nodes.directory() + "/name").empty());
}

TEST_CASE("a file that does not come leaves no other in its place", "[node_files]") {
    nodes_without_vms nodes;
    REQUIRE(write_file(nodes.directory() + "/log", "old"));
    CHECK(nodes.run(1, {"ktest-get", "-t", "0", "server:log"})
          == "1: ktest-get: server:log: the time is up: server has not put it\n");
    auto const waits = nodes.start(1, {"ktest-get", "server:log"});
    nodes.until([&] { return !nodes.meeting.waiting().empty(); });
    nodes.end(0, "it crashed");
    CHECK(nodes.finish(waits) == "1: ktest-get: server:log: server will not put it: it crashed\n");
    CHECK(content_of(nodes.directory() + "/log") == "old");
}

TEST_CASE("what is no file is written to as it is", "[node_files]") {
    nodes_without_vms nodes;
    REQUIRE(write_file(nodes.directory() + "/log", "text"));
    CHECK(nodes.run(0, {"ktest-put", "log"}) == "0: ");
    CHECK(nodes.run(1, {"ktest-get", "server:log", "/dev/null"}) == "0: ");
    CHECK(nodes.run(1, {"ktest-get", "server:log", "/dev/full"})
          == "1: ktest-get: /dev/full: No space left on device\n");
    std::filesystem::create_directory(nodes.directory() + "/there");
    CHECK(nodes.run(1, {"ktest-get", "server:log", "there"}) == "1: ktest-get: there: Is a directory\n");
    CHECK(nodes.run(1, {"ktest-get", "server:log", "no/log"})
          == "1: ktest-get: no/log: No such file or directory\n");
    CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("files that cannot be named or read are refused", "[node_files]") {
    nodes_without_vms nodes;
    CHECK(nodes.run(0, {"ktest-put", "missing"}) == "1: ktest-put: missing: No such file or directory\n");
    CHECK(nodes.run(0, {"ktest-put", "."}) == "1: ktest-put: .: Is a directory\n");
    for (auto const* what : {"log", ":log", "server:"})
        CHECK(nodes.run(0, {"ktest-get", what}) == fmt::format("2: ktest-get: {}: want NODE:NAME\n", what));
    CHECK(
        nodes.run(0, {"ktest-get", "sever:log"})
        == "1: ktest-get: sever:log: 'sever' is no node (there are server, client) (did you mean server?)\n");
}

TEST_CASE("who is killed while it fetches a file leaves nothing under its name", "[node_files]") {
    nodes_without_vms nodes;
    REQUIRE(write_file(nodes.directory() + "/log", many_bytes()));
    CHECK(nodes.run(0, {"ktest-put", "log"}) == "0: ");
    auto const fetches = nodes.start(1, {"ktest-get", "server:log", "copy"});
    nodes.until([&] { return nodes.heard.back() == "get server log 196608"; });
    ::kill(fetches.process, SIGKILL);
    auto status = 0;
    ::waitpid(fetches.process, &status, 0);
    auto const gone = nodes.dropped + 1;
    nodes.until([&] { return nodes.dropped >= gone; });
    CHECK(content_of(nodes.directory() + "/copy") == "(it is not there)");
}
