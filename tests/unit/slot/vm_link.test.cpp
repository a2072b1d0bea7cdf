#include "catch.hpp"
#include "unit/slot/running_vm_test.hpp"
#include <ktest/slot/vm_link.hpp>

using namespace ktest;
using namespace ktest::test;
using namespace std::chrono_literals;

namespace {

auto tree(temporary_place const& place) -> std::filesystem::path {
    std::filesystem::create_directories(place.path / "tree" / ".ktest");
    return std::filesystem::canonical(place.path / "tree");
}

auto link_here(temporary_place const& place, std::filesystem::path const& here, running_vm const& vm) {
    return link_vm(here / ".ktest", vm_directory(place.where, vm.slot), *vm.record);
}

auto contains(std::string const& text, std::string const& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the VM started from a directory is found there", "[vm_link]") {
    temporary_place const place;
    auto const here = tree(place);
    other_process const owner{vm_process(place, {.directory = here})};
    REQUIRE(owner.hear() == "runs");
    auto const vm = running_vms(place.where, pools(place)).at(0);
    REQUIRE(link_here(place, here, vm));
    CHECK(std::filesystem::read_symlink(here / ".ktest" / "vm") == vm_directory(place.where, vm.slot));
    CHECK(vm_of_directory(here, place.where, pools(place)) == vm);
    std::filesystem::create_symlink(here, place.path / "another name");
    CHECK(vm_of_directory(place.path / "another name", place.where, pools(place)) == vm);
}

TEST_CASE("of two VMs of a directory the newest that is alive is meant", "[vm_link]") {
    temporary_place const place;
    auto const here = tree(place);
    other_process const older{vm_process(place, {.directory = here, .started = 100s})};
    REQUIRE(older.hear() == "runs");
    REQUIRE(link_here(place, here, running_vms(place.where, pools(place)).at(0)));
    other_process newer{vm_process(place, {.directory = here, .started = 100s})};
    REQUIRE(newer.hear() == "runs");
    for (auto const& vm : running_vms(place.where, pools(place)))
        if (vm.owner == newer.pid()) REQUIRE(link_here(place, here, vm));
    CHECK(vm_of_directory(here, place.where, pools(place))->owner == newer.pid());
    newer.child.signal(SIGKILL);
    newer.child.wait();
    CHECK(vm_of_directory(here, place.where, pools(place))->owner == older.pid());
}

TEST_CASE("a directory that was moved keeps its VM", "[vm_link]") {
    temporary_place const place;
    auto const here = tree(place);
    other_process const owner{vm_process(place, {.directory = here})};
    REQUIRE(owner.hear() == "runs");
    REQUIRE(link_here(place, here, running_vms(place.where, pools(place)).at(0)));
    std::filesystem::rename(here, place.path / "moved");
    CHECK(vm_of_directory(place.path / "moved", place.where, pools(place))->owner == owner.pid());
}

TEST_CASE("where no VM was started, the error says so", "[vm_link]") {
    temporary_place const place;
    auto const here = tree(place);
    auto const none = vm_of_directory(here, place.where, pools(place));
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == fault::usage);
    CHECK(contains(none.error().message, "no VM was started from " + here.string()));
    CHECK_FALSE(vm_of_directory("/nonexistent", place.where, pools(place)));
}

TEST_CASE("a VM that has ended is not mistaken for the next one in its slot", "[vm_link]") {
    temporary_place const place;
    auto const here = tree(place);
    std::filesystem::path directory;
    {
        other_process const owner{vm_process(place, {.directory = here})};
        REQUIRE(owner.hear() == "runs");
        auto const vm = running_vms(place.where, pools(place)).at(0);
        directory = vm_directory(place.where, vm.slot);
        REQUIRE(link_here(place, here, vm));
    }
    other_process const stranger{vm_process(place, {.directory = "/another/tree"})};
    REQUIRE(stranger.hear() == "runs");
    auto const next = vm_directory(place.where, running_vms(place.where, pools(place)).at(0).slot);
    std::filesystem::remove(here / ".ktest" / "vm");
    std::filesystem::create_symlink(next, here / ".ktest" / "vm");
    auto const ended = vm_of_directory(here, place.where, pools(place));
    REQUIRE_FALSE(ended);
    CHECK(contains(ended.error().message, "(bcache, slot"));
    CHECK(contains(ended.error().message, "has ended"));
}

TEST_CASE("a VM on another host, or of another boot, is told from one that has ended", "[vm_link]") {
    temporary_place const place;
    auto const here = tree(place);
    vm_record record{.test = "bcache", .host = {"elsewhere", "x"}, .owner = ::getpid(), .directory = here};
    REQUIRE(link_vm(here / ".ktest", "/run/user/0/ktest/vm/00", record));
    CHECK(
        contains(vm_of_directory(here, place.where, pools(place)).error().message, "runs on host elsewhere"));
    record.host.name = this_host().name;
    REQUIRE(link_vm(here / ".ktest", "/run/user/0/ktest/vm/00", record));
    CHECK(contains(vm_of_directory(here, place.where, pools(place)).error().message,
                   "the host was booted since"));
}

TEST_CASE("a link is replaced, and one that cannot be is an error", "[vm_link]") {
    temporary_place const place;
    auto const here = tree(place);
    vm_record const record{.test = "bcache", .directory = here};
    REQUIRE(link_vm(here / ".ktest", "/a", record));
    std::filesystem::create_symlink("/leftover", fmt::format("{}/.ktest/vm.{}", here.string(), ::getpid()));
    REQUIRE(link_vm(here / ".ktest", "/b", record));
    CHECK(std::filesystem::read_symlink(here / ".ktest" / "vm") == "/b");
    CHECK_FALSE(link_vm(here / "missing", "/a", record));
    std::filesystem::remove(here / ".ktest" / "vm");
    std::filesystem::create_directory(here / ".ktest" / "vm");
    CHECK_FALSE(link_vm(here / ".ktest", "/a", record));
}

TEST_CASE("of a test's nodes the one with the name is meant, and without a name there must be one VM",
          "[vm_link]") {
    temporary_place const place;
    auto const here = tree(place);
    other_process const owner{[&](int talk) {
        std::vector<slot> held;
        for (auto const* node : {"server", "client"}) {
            held.push_back(*slot_pool{test_slots{place}}.claim(place.where));
            (void)write_vm_record(record_file(held.back().directory),
                                  record_of(held.back(), {.directory = here, .node = node}));
        }
        say(talk, "runs");
        wait_for_parent(talk);
    }};
    REQUIRE(owner.hear() == "runs");
    auto const find = [&](std::string_view node) {
        return vm_of_directory(here, place.where, pools(place), node);
    };
    auto const client = find("client");
    REQUIRE(client);
    CHECK(client->record->node == "client");
    CHECK(find("server")->slot != client->slot);
    auto const none = find("");
    REQUIRE_FALSE(none);
    CHECK(contains(none.error().message, "which node? (there are "));
    auto const stranger = find("router");
    REQUIRE_FALSE(stranger);
    CHECK(contains(stranger.error().message, "no node 'router' runs (there are "));
}

TEST_CASE("a VM that is alone is no node", "[vm_link]") {
    temporary_place const place;
    auto const here = tree(place);
    other_process const owner{vm_process(place, {.directory = here})};
    REQUIRE(owner.hear() == "runs");
    CHECK(vm_of_directory(here, place.where, pools(place), ""));
    CHECK_FALSE(vm_of_directory(here, place.where, pools(place), "server"));
}
