#include "catch.hpp"
#include "unit/slot/slot_test.hpp"
#include <ktest/slot/lock_holders.hpp>

#include <sys/file.h>

using namespace ktest;
using namespace ktest::test;

TEST_CASE("who has a lock holds it; who has its file open does not", "[lock_holders]") {
    temporary_place const place;
    auto const path = place.path / "a.lock";
    auto const file = open_file(path, O_RDWR | O_CREAT);
    REQUIRE(file);
    CHECK(holders(path).empty());
    REQUIRE(::flock(file->get(), LOCK_EX) == 0);
    other_process const onlooker{[&](int talk) {
        auto const opened = open_file(path, O_RDONLY);
        say(talk, opened ? "open" : opened.error().message);
        wait_for_parent(talk);
    }};
    REQUIRE(onlooker.hear() == "open");
    CHECK(holders(path) == std::vector{::getpid()});
    REQUIRE(::flock(file->get(), LOCK_UN) == 0);
    CHECK(holders(path).empty());
}

TEST_CASE("who inherited a lock holds it too, and the kernel says who took it", "[lock_holders]") {
    temporary_place const place;
    auto const path = place.path / "a.lock";
    other_process const heir{[&](int talk) {
        auto const file = open_file(path, O_RDWR | O_CREAT);
        ::flock(file->get(), LOCK_EX);
        if (::fork() == 0) {
            say(talk, fmt::to_string(::getpid()));
            wait_for_parent(talk);
            ::_exit(0);
        }
        wait_for_parent(talk);
    }};
    auto const child = std::stoi(heir.hear());
    auto const all = holders(path);
    CHECK(std::count(all.begin(), all.end(), heir.pid()) == 1);
    CHECK(std::count(all.begin(), all.end(), child) == 1);
    CHECK(all.size() == 2);
    auto const inherited = locks_of(child);
    REQUIRE(inherited.size() == 1);
    CHECK(inherited[0] == lock_holder{*identify(path), child, ::geteuid(), heir.pid()});
}

TEST_CASE("a descriptor's flock is told from its other locks", "[lock_holders]") {
    file_identity const file{makedev(0xfe, 0), 815};
    CHECK(detail::flock_taker("pos:\t0\nflags:\t02\nlock:\t1: FLOCK  ADVISORY  WRITE 4711 fe:00:815 0 EOF\n",
                              file)
          == 4711);
    CHECK(detail::flock_taker("lock:\t1: POSIX  ADVISORY  WRITE 1 fe:00:815 0 EOF\n"
                              "lock:\t2: FLOCK  ADVISORY  WRITE 0 fe:00:815 0 EOF\n",
                              file)
          == 0);
    for (auto const* const none :
         {"", "\n", "lock:", "lock:\t1: FLOCK", "lock:\t1: FLOCK  ADVISORY  WRITE x fe:00:815 0 EOF",
          "lock:\t1: POSIX  ADVISORY  WRITE 1 fe:00:815 0 EOF",
          "lock:\t1: FLOCK  ADVISORY  WRITE 1 fe:00:816 0 EOF", // the number was another file's just now
          "lock:\t1: FLOCK  ADVISORY  WRITE 1 fe:01:815 0 EOF"})
        CHECK(detail::flock_taker(none, file) == std::nullopt);
}

TEST_CASE("the system's table of locks names who took one", "[lock_holders]") {
    constexpr auto table = "1: POSIX  ADVISORY  WRITE 11 fe:00:815 0 EOF\n"
                           "2: FLOCK  ADVISORY  WRITE 12 fe:01:815 0 EOF\n"
                           "3: FLOCK  ADVISORY  WRITE 13 fe:00:8150 0 EOF\n"
                           "4: FLOCK  ADVISORY  WRITE 14 fe:00:815 0 EOF\n"
                           "4: -> FLOCK  ADVISORY  WRITE 15 fe:00:815 0 EOF\n"
                           "5: FLOCK  ADVISORY  WRITE 16 00:2a:99 0 EOF\n"
                           "6: FLOCK\n";
    CHECK(locker_shown({makedev(0xfe, 0), 815}, table) == 14);
    CHECK(locker_shown({makedev(0xfe, 1), 815}, table) == 12);
    CHECK(locker_shown({makedev(0, 0x17), 99}, table) == 16); // btrfs: two names of one device
    CHECK(locker_shown({makedev(0xfe, 0), 99}, table) == std::nullopt);
    CHECK(locker_shown({makedev(0xfe, 0), 1}, table) == std::nullopt);
    CHECK(locker_shown({makedev(0xfe, 0), 815}, "") == std::nullopt);
}

TEST_CASE("the system's table of locks shows this process's", "[lock_holders]") {
    temporary_place const place;
    auto const path = place.path / "a.lock";
    auto const file = open_file(path, O_RDWR | O_CREAT);
    REQUIRE(file);
    REQUIRE(::flock(file->get(), LOCK_EX) == 0);
    CHECK(locker_shown(*identify(path), *read_file("/proc/locks")) == ::getpid());
}

TEST_CASE("whoever starts a set-user-ID program stays its user", "[lock_holders]") {
    CHECK(user_of(::getpid()) == ::getuid());
    CHECK(user_of(0) == std::nullopt);
    if (::geteuid() != 0) return;
    other_process const privileged{[](int talk) {
        say(talk, ::setresuid(65534, 0, 0) == 0 ? "runs" : "");
        wait_for_parent(talk);
    }};
    REQUIRE(privileged.hear() == "runs");
    CHECK(user_of(privileged.pid()) == 65534);
}
