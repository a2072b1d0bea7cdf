#include "catch.hpp"
#include <ktest/run/guest_pause.hpp>

#include <string>
#include <vector>

using namespace ktest;

namespace {

struct watched_pause {
    bool debugged = false;
    std::vector<std::string> said;
    guest_pause pause{{.is_debugged = [this] { return debugged; },
                       .say = [this](std::string_view text) { said.emplace_back(text.substr(0, 19)); }}};
};

} // namespace

TEST_CASE("a test's guest that somebody pauses is told of, and that it goes on, once each", "[guest_pause]") {
    watched_pause one;
    one.pause.heed(true, true);
    one.pause.heed(true, true);
    CHECK(one.pause.stands_still());
    one.pause.heed(false, true);
    one.pause.heed(false, true);
    CHECK(!one.pause.stands_still());
    CHECK(one.said == std::vector<std::string>{"the guest is paused", "the guest goes on"});
}

TEST_CASE("a guest that stands still for our own work, or for a debugger, is not told of", "[guest_pause]") {
    watched_pause one;
    one.pause.heed(true, false);
    CHECK(one.pause.stands_still());
    one.pause.heed(false, false);
    one.debugged = true;
    CHECK(one.pause.stands_still());
    one.pause.heed(true, true);
    one.pause.heed(false, true);
    CHECK(one.said.empty());
}

TEST_CASE("where nobody can debug a guest it stands still only when it is stopped", "[guest_pause]") {
    guest_pause pause{{.is_debugged = {}, .say = [](std::string_view) {}}};
    CHECK(!pause.stands_still());
    pause.heed(true, false);
    CHECK(pause.stands_still());
}
