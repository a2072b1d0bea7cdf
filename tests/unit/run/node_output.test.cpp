#include "catch.hpp"
#include <ktest/run/node_output.hpp>

using namespace ktest;

TEST_CASE("every line carries the node's name, however the bytes come", "[node_output]") {
    std::string const text = "one\n\ntwo\nthree";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        node_output server{"server"};
        auto lines = server.feed(text.substr(0, cut));
        lines += server.feed(text.substr(cut));
        CHECK(lines == "server: one\nserver: \nserver: two\n");
        CHECK(server.flush() == "server: three\n");
        CHECK(server.flush().empty());
    }
}

TEST_CASE("a line without an end does not grow for ever", "[node_output]") {
    node_output server{"s"};
    std::string const part(line_assembler::limit, 'x');
    CHECK(server.feed(part).empty());
    CHECK(server.feed("y\n") == "s: " + part + "\ns: y\n");
    auto const many = server.feed(part + part + part);
    CHECK(many == "s: " + part + "\ns: " + part + "\n");
}
