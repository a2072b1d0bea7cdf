#include "catch.hpp"
#include "unit/slot/running_vm_test.hpp"
#include <ktest/slot/stop_vm.hpp>

using namespace ktest;
using namespace ktest::test;
using namespace std::chrono_literals;

namespace {

auto only_vm(temporary_place const& place) -> running_vm {
    auto const running = running_vms(place.where, pools(place));
    REQUIRE(running.size() == 1);
    return running[0];
}

std::filesystem::path farewell; // written by a VM's owner that was asked to end

} // namespace

TEST_CASE("a VM's owner is asked to end, and its slot is free afterwards", "[stop_vm]") {
    temporary_place const place;
    farewell = place.path / "farewell";
    other_process owner{vm_process(place, {}, [](int) {
        ::signal(SIGTERM, [](int) {
            ::close(::open(farewell.c_str(), O_CREAT | O_WRONLY, 0600));
            ::_exit(0);
        });
    })};
    REQUIRE(owner.hear() == "runs");
    REQUIRE(stop_vm(only_vm(place), {.asked = 60s}));
    CHECK(std::filesystem::exists(farewell));
    CHECK(running_vms(place.where, pools(place)).empty());
    CHECK(WIFEXITED(owner.child.wait()));
}

TEST_CASE("an owner that does not listen is killed", "[stop_vm]") {
    temporary_place const place;
    other_process owner{vm_process(place, {}, [](int) { ::signal(SIGTERM, SIG_IGN); })};
    REQUIRE(owner.hear() == "runs");
    REQUIRE(stop_vm(only_vm(place), {.asked = 1ms, .killed = 60s}));
    auto const status = owner.child.wait();
    CHECK(WIFSIGNALED(status));
}

TEST_CASE("what outlives its owner with the slot is killed", "[stop_vm]") {
    temporary_place const place;
    auto const leave_heir = [](int talk) {
        if (::fork() != 0) return;
        ::signal(SIGTERM, SIG_IGN);
        say(talk, "heir");
        wait_for_parent(talk);
        ::_exit(0);
    };
    SECTION("the owner is asked first") {
        other_process const owner{vm_process(place, {}, leave_heir)};
        owner.hear(), owner.hear();
        REQUIRE(stop_vm(only_vm(place), {.asked = 60s, .killed = 60s}));
    }
    SECTION("the owner is dead already") {
        other_process owner{vm_process(place, {}, leave_heir)};
        owner.hear(), owner.hear();
        ::kill(owner.pid(), SIGKILL);
        owner.child.wait();
        auto const vm = only_vm(place);
        CHECK(vm.owner != vm.locker);
        REQUIRE(stop_vm(vm, {.asked = 60s, .killed = 60s}));
    }
    SECTION("the owner is dead and left no record") {
        other_process owner{vm_process(place, {}, leave_heir)};
        owner.hear(), owner.hear();
        ::kill(owner.pid(), SIGKILL);
        owner.child.wait();
        auto const vm = only_vm(place);
        std::filesystem::remove(record_file(vm_directory(place.where, vm.slot)));
        auto const refused = stop_vm(only_vm(place));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find(fmt::format("process {} holds it still", vm.owner))
              != std::string::npos);
        owner.talk.close();
        return;
    }
    CHECK(running_vms(place.where, pools(place)).empty());
}

TEST_CASE("a VM that has ended is stopped, and the next in its slot is left alone", "[stop_vm]") {
    temporary_place const place;
    other_process first{vm_process(place)};
    REQUIRE(first.hear() == "runs");
    auto const vm = only_vm(place);
    first.child.signal(SIGKILL);
    first.child.wait();
    other_process second{[&](int talk) {
        auto const lock = open_file(place.path / "slots" / lock_name(vm.slot), O_RDWR);
        say(talk, ::flock(lock->get(), LOCK_EX | LOCK_NB) == 0 ? "runs" : "taken");
        wait_for_parent(talk);
    }};
    REQUIRE(second.hear() == "runs");
    CHECK(stop_vm(vm));
    CHECK_FALSE(second.child.try_wait());
}

TEST_CASE("root stops another user's VM, and nobody's process who was handed the lock", "[stop_vm]") {
    if (::geteuid() != 0) return;
    temporary_place const place;
    ::chmod(place.path.c_str(), 0755);
    auto const lock = open_file(place.path / "slots" / "05.lock", O_RDWR | O_CREAT, 0666);
    REQUIRE(lock);
    auto ends = socket_pair();
    auto const locker = ::fork();
    if (locker == 0) { // its lock is this process's too, for they share the open file
        detail::settle_child(::getppid(), SIGKILL);
        if (::setresuid(65534, 65534, 65534) == 0) ::flock(lock->get(), LOCK_EX);
        say((*ends)[1].get(), "locked");
        ::pause();
    }
    child_process user{locker};
    char c = 0;
    REQUIRE(::read((*ends)[0].get(), &c, 1) == 1);
    auto const vm = only_vm(place);
    CHECK(vm.owner == locker);
    CHECK(vm.user == 65534);
    auto const left = stop_vm(vm, {.asked = 1s, .killed = 1ms});
    REQUIRE_FALSE(left);
    CHECK(left.error().message.find(fmt::format("process {} holds it still", ::getpid()))
          != std::string::npos);
    CHECK(WIFSIGNALED(user.wait()));
}

TEST_CASE("a user cannot stop another's VM and is told so", "[stop_vm]") {
    running_vm const vm{.owner = 1, .locker = 1, .user = ::geteuid() + 1};
    if (::geteuid() == 0) return;
    auto const refused = stop_vm(vm);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("only they and root can stop it") != std::string::npos);
}
