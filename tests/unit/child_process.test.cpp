#include "catch.hpp"
#include <ktest/capture.hpp>

#include <sys/resource.h>

using namespace ktest;
using namespace std::chrono_literals;

TEST_CASE("a program's two streams and its exit status are taken", "[child_process]") {
    auto const got = capture({.arguments = {"sh", "-c", "echo out; echo err >&2; exit 3"}});
    REQUIRE(got);
    CHECK(got->out == "out\n");
    CHECK(got->err == "err\n");
    CHECK(WEXITSTATUS(got->status) == 3);
}

TEST_CASE("a program that does not exist is an error that names it", "[child_process]") {
    auto const got = capture({.arguments = {"/nonexistent/program"}});
    REQUIRE_FALSE(got);
    CHECK(got.error().message.find("/nonexistent/program") != std::string::npos);
}

TEST_CASE("a child holds no descriptor but its own", "[child_process]") {
    auto const leaked = open_file("/dev/null", O_RDONLY);
    ::fcntl(leaked->get(), F_SETFD, 0);
    auto const got = capture({.arguments = {"sh", "-c", "ls /proc/$$/fd"}});
    REQUIRE(got);
    CHECK(got->out == "0\n1\n2\n");
}

TEST_CASE("descriptors reach the child under their new numbers, even crosswise", "[child_process]") {
    auto ends = socket_pair();
    REQUIRE(ends);
    auto const first = (*ends)[0].get();
    auto const second = (*ends)[1].get();
    auto const got = capture(
        {.arguments = {"sh", "-c", "ls /proc/$$/fd"}, .descriptors = {{first, second}, {second, first}}});
    REQUIRE(got);
    CHECK(got->out == fmt::format("0\n1\n2\n{}\n{}\n", std::min(first, second), std::max(first, second)));
}

TEST_CASE("however few descriptors are to be had, a program starts with all of its own or not at all",
          "[child_process]") {
    auto const with_limit = [](rlim_t most, command const& what) {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        auto const usual = std::exchange(limit.rlim_cur, most);
        ::setrlimit(RLIMIT_NOFILE, &limit);
        auto got = capture(what);
        limit.rlim_cur = usual;
        ::setrlimit(RLIMIT_NOFILE, &limit);
        return got;
    };
    auto started = 0;
    for (rlim_t most = 4; most <= 100; ++most) {
        auto const got = with_limit(most, {.arguments = {"sh", "-c", "echo out; echo err >&2"}});
        INFO(most);
        if (got) {
            CHECK(got->out == "out\n");
            CHECK(got->err == "err\n");
            ++started;
        }
        if (!got) CHECK(got.error().message.find("cannot run") == std::string::npos);
        CHECK_FALSE(with_limit(most, {.arguments = {"/nonexistent/program"}}));
    }
    CHECK(started > 0);
}

TEST_CASE("a program that runs too long is ended", "[child_process]") {
    auto const got = capture({.arguments = {"sleep", "1000"}}, {.time = 50ms});
    REQUIRE(got);
    CHECK(got->timed_out);
}

TEST_CASE("a program that prints too much is ended", "[child_process]") {
    auto const got = capture({.arguments = {"yes"}}, {.size = 1000});
    REQUIRE(got);
    CHECK(got->overflowed);
}

TEST_CASE("what a program left in the background holds nothing up", "[child_process]") {
    auto const got = capture({.arguments = {"sh", "-c", "sleep 1000 & echo $!"}}, {.time = 60s});
    REQUIRE(got);
    CHECK_FALSE(got->timed_out);
    CHECK(::kill(std::stoi(got->out), SIGKILL) == 0);
}

TEST_CASE("a program can be given a umask of its own", "[child_process]") {
    auto const got = capture({.arguments = {"sh", "-c", "umask"}, .mask = 0027});
    REQUIRE(got);
    CHECK(got->out == "0027\n");
}
