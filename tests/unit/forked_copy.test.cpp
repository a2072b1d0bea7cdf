#include "catch.hpp"
#include <ktest/file.hpp>
#include <ktest/forked_copy.hpp>

using namespace ktest;

TEST_CASE("a copy knows what we know, and ends with the status of its body", "[forked_copy]") {
    auto const known = 40;
    auto copy = fork_copy([&] { return known + 2; });
    REQUIRE(copy);
    auto const status = copy->wait();
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 42);
}

TEST_CASE("a copy leads a process group and is ended by default signals", "[forked_copy]") {
    ::signal(SIGINT, SIG_IGN);
    auto copy = fork_copy([] {
        while (true) ::pause();
        return 0;
    });
    ::signal(SIGINT, SIG_DFL);
    REQUIRE(copy);
    CHECK(::getpgid(copy->pid()) == copy->pid());
    // It may not yet have given up what we ignored: asked again until it ends.
    std::optional<int> status;
    while (!(status = copy->try_wait())) copy->signal(SIGINT);
    CHECK(WIFSIGNALED(*status));
    CHECK(WTERMSIG(*status) == SIGINT);
}

TEST_CASE("a copy dies with the one that made it", "[forked_copy]") {
    auto ends = socket_pair();
    REQUIRE(ends);
    auto parent = fork_copy([&] {
        auto child = fork_copy([&] {
            (void)write_all((*ends)[1].get(), "here");
            while (true) ::pause();
            return 0;
        });
        while (child) ::pause();
        return 0;
    });
    REQUIRE(parent);
    (*ends)[1].close();
    std::array<char, 16> said{};
    REQUIRE(::read((*ends)[0].get(), said.data(), said.size()) == 4);
    parent->signal(SIGKILL);
    parent->wait();
    CHECK(::read((*ends)[0].get(), said.data(), said.size()) == 0); // its end closes with the last of them
}
