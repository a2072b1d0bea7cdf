#include "catch.hpp"
#include <ktest/run/line_assembler.hpp>

#include <vector>

using namespace ktest;

TEST_CASE("lines come whole whatever pieces they arrived in", "[line_assembler]") {
    std::string const text = "one\r\n\ntwo three\nfour";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        line_assembler lines;
        std::vector<std::string> got;
        auto const take = [&](std::string_view line, bool) { got.emplace_back(line); };
        lines.feed(text.substr(0, cut), take);
        lines.feed(text.substr(cut), take);
        lines.flush(take);
        CHECK(got == std::vector<std::string>{"one", "", "two three", "four"});
    }
}

TEST_CASE("a line without an end is given in parts, and a phrase across two parts is found",
          "[line_assembler]") {
    line_assembler lines;
    auto found = 0;
    auto beginnings = 0;
    auto const take = [&](std::string_view line, bool whole) {
        CHECK(line.size() <= 2 * line_assembler::limit + 64); // the limit and what came last
        if (line.find("TEST SUCCESS") != std::string_view::npos) ++found;
        if (whole) ++beginnings;
    };
    lines.feed(std::string(line_assembler::limit - 5, 'x') + "TEST", take);
    lines.feed(std::string(" SUCCESS") + std::string(line_assembler::limit, 'y') + "\n", take);
    CHECK(found == 1);
    CHECK(beginnings == 1);
}
