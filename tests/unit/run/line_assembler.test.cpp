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
        CHECK(line.size() <= line_assembler::limit);
        if (line.find("TEST SUCCESS") != std::string_view::npos) ++found;
        if (whole) ++beginnings;
    };
    lines.feed(std::string(line_assembler::limit - 5, 'x') + "TEST", take);
    lines.feed(std::string(" SUCCESS") + std::string(line_assembler::limit, 'y') + "\n", take);
    CHECK(found == 1);
    CHECK(beginnings == 1);
}

TEST_CASE("pieces make no difference to the parts of a line that is too long", "[line_assembler]") {
    auto const text = std::string(3 * line_assembler::limit, 'x') + "\r\nnext\n";
    auto const parts = [&](std::size_t piece) {
        line_assembler lines;
        std::vector<std::pair<std::string, bool>> got;
        auto const take = [&](std::string_view line, bool whole) { got.emplace_back(line, whole); };
        for (std::size_t at = 0; at < text.size(); at += piece) lines.feed(text.substr(at, piece), take);
        lines.flush(take);
        return got;
    };
    auto const whole = parts(text.size());
    REQUIRE(whole.size() == 5);
    CHECK(whole.front() == std::pair{std::string(line_assembler::limit, 'x'), true});
    CHECK(whole.back() == std::pair{std::string{"next"}, true});
    for (auto const piece : {1000, 4096, 65535, 65536, 65537})
        CHECK(parts(static_cast<std::size_t>(piece)) == whole);
}
