#include "catch.hpp"
#include "unit/slot/running_vm_test.hpp"

using namespace ktest;
using namespace ktest::test;

TEST_CASE("where nothing runs, nothing is listed", "[running_vm]") {
    temporary_place const place;
    CHECK(running_vms(place.where, pools(place)).empty());
    REQUIRE(slot_pool{test_slots{place}}.claim(place.where));
    CHECK(running_vms(place.where, pools(place)).empty());
}

TEST_CASE("a running VM is listed with its owner and its record", "[running_vm]") {
    temporary_place const place;
    other_process const owner{vm_process(place)};
    REQUIRE(owner.hear() == "runs");
    auto const running = running_vms(place.where, pools(place));
    REQUIRE(running.size() == 1);
    CHECK(running[0].owner == owner.pid());
    CHECK(running[0].user == ::geteuid());
    REQUIRE(running[0].record);
    CHECK(running[0].record->test == "bcache");
    CHECK(running[0].record->slot == running[0].slot);
}

TEST_CASE("a VM that was killed is not listed, though its record stays", "[running_vm]") {
    temporary_place const place;
    other_process owner{vm_process(place)};
    REQUIRE(owner.hear() == "runs");
    owner.child.signal(SIGKILL);
    owner.child.wait();
    CHECK(running_vms(place.where, pools(place)).empty());
}

TEST_CASE("a record that is another VM's, or no record at all, is not shown", "[running_vm]") {
    temporary_place const place;
    other_process const owner{vm_process(place)};
    REQUIRE(owner.hear() == "runs");
    auto const vm = running_vms(place.where, pools(place)).at(0);
    auto const file = record_file(vm_directory(place.where, vm.slot));
    auto record = *vm.record;
    auto const shown = [&] { return running_vms(place.where, pools(place)).at(0).record; };
    record.owner += 1;
    REQUIRE(write_vm_record(file, record));
    CHECK_FALSE(shown());
    record = *vm.record;
    record.host.boot_id = "another boot";
    REQUIRE(write_vm_record(file, record));
    CHECK_FALSE(shown());
    REQUIRE(write_file(file, "{\"slot\": "));
    CHECK_FALSE(shown());
    std::filesystem::remove(file);
    CHECK_FALSE(shown());
    REQUIRE(write_vm_record(file, *vm.record));
    CHECK(shown() == vm.record);
}

TEST_CASE("another user's VM is listed without a record", "[running_vm]") {
    if (::geteuid() != 0) return;
    temporary_place const place;
    ::chmod(place.path.c_str(), 0777);
    ::chmod((place.path / "slots").c_str(), 0777);
    ::chown(place.where.runtime.c_str(), 65534, 65534);
    other_process const owner{vm_process(place, {.user = 65534})};
    REQUIRE(owner.hear() == "runs");
    auto const running = running_vms(place.where, pools(place));
    REQUIRE(running.size() == 1);
    CHECK(running[0].owner == owner.pid());
    CHECK(running[0].user == 65534);
    CHECK_FALSE(running[0].record);
}

TEST_CASE("a user without rights sees that another's VM is there, and whose", "[running_vm]") {
    if (::geteuid() != 0) return;
    temporary_place const place;
    ::chmod(place.path.c_str(), 0755);
    other_process const owner{vm_process(place)};
    REQUIRE(owner.hear() == "runs");
    other_process const onlooker{[&](int talk) {
        if (::setresuid(65534, 65534, 65534) != 0) ::_exit(1);
        for (auto const& vm : running_vms(place.where, pools(place)))
            say(talk, fmt::format("{} {} {}", vm.owner, vm.user, vm.record.has_value()));
    }};
    CHECK(onlooker.hear() == fmt::format("{} 0 false", owner.pid()));
    CHECK(onlooker.hear().empty());
}
