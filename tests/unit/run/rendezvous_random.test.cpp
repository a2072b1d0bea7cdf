#include "catch.hpp"
#include "rendezvous_play.hpp"

#include <random>

using namespace ktest;

TEST_CASE("whatever nodes do, each request is answered once, and by the end of all nodes", "[rendezvous]") {
    std::mt19937 random{20240229};
    for (auto round = 0; round < 2000; ++round) {
        std::string bytes(random() % 400, '\0');
        for (auto& byte : bytes) byte = static_cast<char>(random() & 0xffU);
        INFO("round " << round);
        REQUIRE(rendezvous_play::is_sound(bytes));
    }
}
