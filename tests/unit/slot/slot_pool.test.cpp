#include "catch.hpp"
#include "unit/slot/slot_test.hpp"
#include <ktest/slot/lock_holders.hpp>

#include <deque>
#include <set>

using namespace ktest;
using namespace ktest::test;
using namespace std::chrono_literals;

namespace {

auto contains(std::string const& text, std::string const& part) {
    return text.find(part) != std::string::npos;
}

slot_wait const no_wait{.budget = 0s};

} // namespace

TEST_CASE("a hundred that claim at once get a hundred slots, and the next gets none", "[slot_pool]") {
    temporary_place const place;
    test_slots const slots{place};
    std::deque<other_process> contenders;
    for (auto i = 0; i < 100; ++i) contenders.emplace_back(claimer(place, slots));
    std::set<std::string> claimed;
    for (auto const& contender : contenders) claimed.insert(contender.hear());
    CHECK(claimed.size() == 100);
    CHECK(*claimed.begin() == "00");
    CHECK(*claimed.rbegin() == "99");
    auto const late = slot_pool{slots}.claim(place.where, no_wait);
    REQUIRE_FALSE(late);
    CHECK(
        late.error()
        == error{fault::unavailable,
                 "all 100 slots are taken (vm-start list says by whom), and --slot-wait 0 forbids to wait"});
}

TEST_CASE("a slot is free when its holder is killed", "[slot_pool]") {
    temporary_place const place;
    test_slots const slots{place, 1};
    other_process holder{claimer(place, slots)};
    REQUIRE(holder.hear() == "00");
    CHECK_FALSE(slot_pool{slots}.claim(place.where, no_wait));
    holder.child.signal(SIGKILL);
    holder.child.wait();
    CHECK(slot_pool{slots}.claim(place.where, no_wait));
}

TEST_CASE("a slot is not free while a process lives that inherited it", "[slot_pool]") {
    temporary_place const place;
    test_slots const slots{place, 1};
    other_process owner{[&](int talk) {
        auto const claimed = slot_pool{slots}.claim(place.where);
        if (::fork() == 0) {
            say(talk, "inherited");
            wait_for_parent(talk);
            ::_exit(0);
        }
        wait_for_parent(talk);
    }};
    REQUIRE(owner.hear() == "inherited");
    ::kill(owner.pid(), SIGKILL);
    owner.child.wait();
    CHECK_FALSE(slot_pool{slots}.claim(place.where, no_wait));
    owner.talk.close();
    CHECK(slot_pool{slots}.claim(place.where));
}

TEST_CASE("who waits says so once and is woken when a slot is given up", "[slot_pool]") {
    temporary_place const place;
    test_slots const slots{place, 3};
    other_process waiter{[&](int talk) {
        wait_for_parent(talk); // until it has claimed all
        slot_wait const told{.begun = [&](std::string_view why) { say(talk, std::string{why}); }};
        auto const claimed = slot_pool{slots}.claim(place.where, told);
        say(talk, claimed ? claimed->number.name() : claimed.error().message);
    }};
    std::vector<slot> held;
    for (auto i = 0; i < 3; ++i) held.push_back(std::move(*slot_pool{slots}.claim(place.where)));
    ::shutdown(waiter.talk.get(), SHUT_WR);
    CHECK(waiter.hear() == "all 3 slots are taken (vm-start list says by whom): waiting for one");
    auto const name = held[1].number.name();
    held.erase(held.begin() + 1);
    CHECK(waiter.hear() == name);
}

TEST_CASE("of many who wait for one slot everyone gets it", "[slot_pool]") {
    temporary_place const place;
    test_slots const slots{place, 1};
    std::deque<other_process> waiters;
    for (auto i = 0; i < 30; ++i)
        waiters.emplace_back([&](int talk) {
            auto const claimed = slot_pool{slots}.claim(place.where);
            say(talk, claimed ? "claimed" : claimed.error().message);
        });
    for (auto const& waiter : waiters) CHECK(waiter.hear() == "claimed");
}

TEST_CASE("waiting ends with its budget", "[slot_pool]") {
    temporary_place const place;
    test_slots const slots{place, 1};
    auto const held = slot_pool{slots}.claim(place.where);
    REQUIRE(held);
    auto said = 0;
    auto const late = slot_pool{slots}.claim(place.where, {.budget = 1s, .begun = [&](auto) { ++said; }});
    REQUIRE_FALSE(late);
    CHECK(contains(late.error().message, "none became free in 1 s"));
    CHECK(said == 1);
}

TEST_CASE("waiting ends when the caller is interrupted", "[slot_pool]") {
    temporary_place const place;
    test_slots const slots{place, 1};
    auto const held = slot_pool{slots}.claim(place.where);
    auto ends = socket_pair();
    REQUIRE(ends);
    REQUIRE(write_all((*ends)[0].get(), "x"));
    auto const late = slot_pool{slots}.claim(place.where, {.interrupt = (*ends)[1].get()});
    REQUIRE_FALSE(late);
    CHECK(contains(late.error().message, "interrupted"));
}

TEST_CASE("a slot whose port a stranger has is passed over", "[slot_pool]") {
    temporary_place const place;
    test_slots const slots{place, 20};
    for (auto const number : slot_number::all())
        if (number.value() != 13) REQUIRE(write_file(slots.port(number), ""));
    for (auto i = 0; i < 10; ++i) CHECK(slot_pool{slots}.claim(place.where, no_wait)->number.name() == "13");
}

TEST_CASE("when strangers have every port the message says that, and a port given up is noticed",
          "[slot_pool]") {
    temporary_place const place;
    test_slots const slots{place, 2};
    auto const held = slot_pool{slots}.claim(place.where, no_wait);
    REQUIRE(held);
    for (auto const number : slot_number::all()) REQUIRE(write_file(slots.port(number), ""));
    auto const none = slot_pool{slots}.claim(place.where, no_wait);
    REQUIRE_FALSE(none);
    CHECK(contains(none.error().message, "taken slots: 1; the ssh ports of the other 1 are other programs'"));
    auto const give_up = [&](std::string_view) {
        for (auto const number : slot_number::all()) std::filesystem::remove(slots.port(number));
    };
    CHECK(slot_pool{slots}.claim(place.where, {.begun = give_up}));
}

TEST_CASE("an ssh port is taken while something listens on it", "[slot_pool]") {
    for (auto const number : slot_number::all()) {
        descriptor const stranger{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(number.ssh_port()));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(stranger.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) continue;
        REQUIRE(::listen(stranger.get(), 1) == 0);
        CHECK_FALSE(ssh_port_is_free(number));
        return;
    }
}

TEST_CASE("a slot's directory is new, empty and its owner's alone", "[slot_pool]") {
    temporary_place const place;
    test_slots const slots{place, 1};
    auto const outside = place.path / "outside";
    std::filesystem::create_directories(outside / "deep");
    auto const directory = slot_pool{slots}.claim(place.where)->directory;
    CHECK(directory == place.where.runtime / "vm" / "00");
    std::filesystem::create_directories(directory / "old" / "deep");
    std::filesystem::create_symlink(outside, directory / "link");
    REQUIRE(write_file(directory / "record.json", "old"));
    REQUIRE(slot_pool{slots}.claim(place.where));
    CHECK(std::filesystem::is_empty(directory));
    struct stat status {};
    REQUIRE(::lstat(directory.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0700);

    std::filesystem::remove(directory);
    std::filesystem::create_symlink(outside, directory);
    REQUIRE(slot_pool{slots}.claim(place.where));
    CHECK_FALSE(std::filesystem::is_symlink(directory));
    CHECK(std::filesystem::exists(outside / "deep"));
}

TEST_CASE("a directory for VMs that is not the caller's alone is refused, and the slot is free again",
          "[slot_pool]") {
    temporary_place const place;
    test_slots const slots{place, 1};
    std::filesystem::create_directory_symlink("/tmp", place.where.runtime / "vm");
    auto const trapped = slot_pool{slots}.claim(place.where);
    REQUIRE_FALSE(trapped);
    CHECK(contains(trapped.error().message, "not a directory of yours alone"));
    std::filesystem::remove(place.where.runtime / "vm");
    CHECK(slot_pool{slots}.claim(place.where, no_wait));
}

TEST_CASE("a pool without a single lock file is an error that says why", "[slot_pool]") {
    temporary_place const place;
    auto const none = slot_pool{test_slots{place, 0}}.claim(place.where);
    REQUIRE_FALSE(none);
    CHECK(contains(none.error().message, "is none of this test's"));
}

TEST_CASE("a lock on a file that has lost its name is no slot", "[slot_pool]") {
    temporary_place const place;
    test_slots const slots{place, 1};
    auto old = slot_pool{slots}.claim(place.where);
    REQUIRE(old);
    other_process waiter{[&](int talk) {
        slot_wait const told{.begun = [&](std::string_view) { say(talk, "waits"); }};
        auto const claimed = slot_pool{slots}.claim(place.where, told);
        auto const locked = identify(fmt::format("/proc/self/fd/{}", claimed->lock.get()));
        say(talk, locked == identify(slots.place / "00.lock") ? "new" : "old");
    }};
    REQUIRE(waiter.hear() == "waits");
    std::filesystem::remove(slots.place / "00.lock");
    old->lock.close();
    CHECK(waiter.hear() == "new");
}

TEST_CASE("a user's own pool is made when it is asked for", "[slot_pool]") {
    temporary_place const place;
    auto const own = user_slots::make(place.where);
    REQUIRE(own);
    auto const claimed = slot_pool{*own}.claim(place.where, no_wait);
    if (!claimed) return; // strangers have a hundred ports
    struct stat status {};
    REQUIRE(::stat((own->directory() / lock_name(claimed->number)).c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("several slots are claimed together, or none", "[slot_pool]") {
    temporary_place const place;
    test_slots const slots{place, 3};
    slot_pool pool{slots};
    auto two = pool.claim(place.where, 2, no_wait);
    REQUIRE(two);
    CHECK((*two)[0].number != (*two)[1].number);
    CHECK((*two)[0].directory != (*two)[1].directory);
    auto const more = pool.claim(place.where, 2, no_wait);
    REQUIRE_FALSE(more);
    CHECK(contains(more.error().message, "2 slots are wanted and only one is free"));
    CHECK(pool.claim(place.where, no_wait)); // what was found alone is free again
    two->pop_back();
    CHECK(pool.claim(place.where, 2, no_wait));
}

TEST_CASE("where strangers have the ports that several slots lack, that is said", "[slot_pool]") {
    temporary_place const place;
    test_slots const slots{place, 3};
    for (auto const number : slot_number::all())
        if (number.value() != 1) REQUIRE(write_file(slots.port(number), ""));
    auto const none = slot_pool{slots}.claim(place.where, 2, no_wait);
    REQUIRE_FALSE(none);
    CHECK(
        contains(none.error().message,
                 "2 slots are wanted and only one is free (taken slots: 0; the ssh ports of the other 2 are "
                 "other programs'"));
}

TEST_CASE("more slots than a pool has are not waited for", "[slot_pool]") {
    temporary_place const place;
    test_slots const slots{place, 3};
    auto const claimed = slot_pool{slots}.claim(place.where, 4, {});
    REQUIRE_FALSE(claimed);
    CHECK(contains(claimed.error().message, "4 slots are wanted and only 3 are free"));
}

TEST_CASE("who waits for two slots gets them when they are free at the same time", "[slot_pool]") {
    temporary_place const place;
    test_slots const slots{place, 2};
    other_process one{claimer(place, slots)};
    other_process other{claimer(place, slots)};
    REQUIRE(!one.hear().empty());
    REQUIRE(!other.hear().empty());
    other_process const waiter{[&](int talk) {
        auto const claimed = slot_pool{slots}.claim(
            place.where, 2, {.begun = [&](std::string_view why) { say(talk, std::string{why}); }});
        say(talk, claimed ? "has them" : claimed.error().message);
    }};
    CHECK(waiter.hear() == "all 2 slots are taken (vm-start list says by whom): waiting for 2 at once");
    for (auto* const holder : {&one, &other}) {
        holder->child.signal(SIGKILL);
        holder->child.wait();
    }
    CHECK(waiter.hear() == "has them");
}
