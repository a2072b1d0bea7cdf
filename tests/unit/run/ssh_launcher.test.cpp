#include "catch.hpp"
#include <ktest/capture.hpp>
#include <ktest/run/ssh_launcher.hpp>

using namespace ktest;

namespace {

auto run_script(far_command const& far) {
    return capture({.arguments = {"/bin/sh", "-c", far_script("farm1", far)}}).value();
}

} // namespace

TEST_CASE("the far side gets the words as they are", "[ssh]") {
    auto const said = run_script(
        {"/",
         {},
         {"/bin/sh", "-c", R"(printf '%s|' "$PWD" "$@")", "sh", "a b", "", "'", "$HOME", "`x`\n", "\\"}});
    CHECK(said.out == "/|a b||'|$HOME|`x`\n|\\|");
}

TEST_CASE("what differs on the far side is said", "[ssh]") {
    for (auto const& far :
         {far_command{"/no/'such' tree", {}, {"/bin/true"}}, far_command{"/", {}, {"/no/'such' tree"}}}) {
        auto const said = run_script(far);
        CHECK(WEXITSTATUS(said.status) == 125);
        CHECK(said.err
              == "ktest: /no/'such' tree: farm1 does not see it: the build tree and ktest must be on a file "
                 "system "
                 "that all hosts share\n");
    }
}

TEST_CASE("the variables of ktest reach the far side, and its host's name is its own", "[ssh]") {
    std::array<char const*, 6> const here{"HOME=/x",       "KTEST_HOST=mine", "KTEST_FSTYP=x'f s",
                                          "NOT_KTEST_X=1", "KTEST_ACCEL=tcg", nullptr};
    auto const told = far_environment("farm1", here.data());
    CHECK(told
          == std::vector<std::string>{"KTEST_HOST=mine", "KTEST_FSTYP=x'f s", "KTEST_ACCEL=tcg",
                                      "KTEST_HOST=farm1"});
    auto const said =
        run_script({"/", told, {"/bin/sh", "-c", R"(echo "$KTEST_HOST $KTEST_FSTYP $KTEST_ACCEL")"}});
    CHECK(said.out == "farm1 x'f s tcg\n");
}

TEST_CASE("ssh asks nobody and waits for nobody for ever", "[ssh]") {
    auto const words = ssh_command({"-F", "config"}, "farm1", {"/tree", {}, {"/bin/ktest", "run"}});
    for (auto const* option : {"BatchMode=yes", "ConnectTimeout=20", "ServerAliveInterval=10"})
        CHECK(std::find(words.begin(), words.end(), option) != words.end());
    CHECK(std::vector(words.begin(), words.begin() + 3) == std::vector<std::string>{"ssh", "-F", "config"});
    REQUIRE(words.size() > 3);
    CHECK(words[words.size() - 3] == "--");
    CHECK(words[words.size() - 2] == "farm1");
    CHECK(words.back().starts_with("exec /bin/sh -c '"));
}
