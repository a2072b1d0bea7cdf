#include "catch.hpp"
#include <ktest/vm/qmp_message.hpp>

using namespace ktest;
using json = nlohmann::json;

namespace {

auto event_in(std::string_view line) -> qmp_event {
    auto const read = parse_qmp(line);
    REQUIRE(read);
    REQUIRE(std::holds_alternative<qmp_event>(*read));
    return std::get<qmp_event>(*read);
}

auto answer_in(std::string_view line) -> qmp_answer {
    auto const read = parse_qmp(line);
    REQUIRE(read);
    REQUIRE(std::holds_alternative<qmp_answer>(*read));
    return std::get<qmp_answer>(*read);
}

} // namespace

TEST_CASE("an event has a name, texts and truth values", "[qmp]") {
    auto const reset = event_in(
        R"({"timestamp": {"seconds": 1, "microseconds": 2}, "event": "RESET", "data": {"guest": true, "reason": "guest-reset"}})");
    CHECK(reset.name == "RESET");
    CHECK(reset.flag("guest", false));
    CHECK(reset.flag("host", true));
    CHECK(reset.text("reason") == "guest-reset");
    CHECK(reset.text("cause").empty());
    CHECK(event_in(R"({"event": "STOP"})").data == json::object());
}

TEST_CASE("an answer belongs to a command and is what it returned, or why not", "[qmp]") {
    auto const good = answer_in(R"({"return": {"status": "running"}, "id": 7})");
    CHECK(good.id == 7);
    CHECK(good.value == json{{"status", "running"}});
    auto const bad = answer_in(R"({"id": 8, "error": {"class": "GenericError", "desc": "no such thing"}})");
    CHECK(bad.id == 8);
    REQUIRE_FALSE(bad.value);
    CHECK(bad.value.error() == error{fault::unavailable, "QEMU: no such thing"});
    CHECK(answer_in(R"({"error": {"desc": "not JSON"}})").id == 0);
}

TEST_CASE("the greeting and whatever QEMU does not say is nothing", "[qmp]") {
    for (auto const* line : {R"({"QMP": {"version": {}, "capabilities": []}})", "", "\n", "null", "7", "[]",
                             "{}", "{\"event\": 7}", "{\"event\": null}", "{\"event\": [\"STOP\"]}",
                             "{\"id\": 1}", "{\"event\": \"\xff\"}", "{\"return\": {}"})
        CHECK_FALSE(parse_qmp(line));
}

TEST_CASE("members of a type that QEMU does not give them do no harm", "[qmp]") {
    auto const odd = event_in(R"({"event": "RESET", "data": {"guest": "yes", "reason": 7}})");
    CHECK_FALSE(odd.flag("guest", false));
    CHECK(odd.flag("guest", true));
    CHECK(odd.text("reason").empty());
    CHECK(event_in(R"({"event": "SHUTDOWN", "data": [1]})").data == json::object());
    CHECK(answer_in(R"({"return": 1, "id": "one"})").id == 0);
    CHECK(answer_in(R"({"return": 1, "id": 1.5})").id == 0);
    CHECK(answer_in(R"({"return": 1, "id": 4294967297})").id == 4294967297);
    for (auto const* line : {R"({"error": null})", R"({"error": "no"})", R"({"error": {"desc": {}}})"})
        CHECK(answer_in(line).value == unavailable("QEMU: error"));
}

TEST_CASE("a line that nests a million times is read", "[qmp]") {
    constexpr std::size_t depth = 1'000'000;
    auto const deep = std::string(depth, '[') + std::string(depth, ']');
    CHECK(event_in("{\"event\": \"STOP\", \"data\": " + deep + "}").name == "STOP");
    CHECK(parse_qmp("{\"id\": 1, \"return\": " + deep + "}"));
}
