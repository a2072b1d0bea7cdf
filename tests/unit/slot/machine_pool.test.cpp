#include "catch.hpp"
#include "unit/slot/slot_test.hpp"
#include <ktest/slot/machine_pool.hpp>

using namespace ktest;
using namespace ktest::test;
using namespace std::chrono_literals;

namespace {

auto status_of(std::filesystem::path const& path) {
    struct stat status {};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status;
}

} // namespace

TEST_CASE("the machine's pool is a hundred files that nobody can write", "[machine_pool]") {
    temporary_place const place;
    auto const pool = place.path / "vms";
    CHECK_FALSE(machine_slots::find(pool));
    auto const mask = ::umask(0077);
    auto const made = make_machine_pool(pool);
    ::umask(mask);
    REQUIRE(made);
    CHECK((status_of(pool).st_mode & 07777) == 0755);
    for (auto const number : slot_number::all())
        CHECK(status_of(pool / lock_name(number)).st_mode == (S_IFREG | 0444));
    CHECK((status_of(pool / "Vm.dhcp").st_mode & 07777) == 0644);
    CHECK(machine_slots::find(pool));
}

TEST_CASE("dhcpd gets a stanza a slot", "[machine_pool]") {
    auto const text = dhcp_hosts();
    CHECK(std::count(text.begin(), text.end(), '\n') == 100);
    CHECK(text.substr(0, text.find('\n'))
          == "host vm00 { hardware ethernet DE:AD:BE:EF:01:00; fixed-address 172.20.0.100; }");
    CHECK(text.find("host vm42 { hardware ethernet DE:AD:BE:EF:01:42; fixed-address 172.20.0.142; }")
          != std::string::npos);
}

TEST_CASE("a pool that is there is kept, with the slots that are held", "[machine_pool]") {
    temporary_place const place;
    auto const pool = place.path / "vms";
    REQUIRE(make_machine_pool(pool));
    auto const held = slot_pool{*machine_slots::find(pool)}.claim(place.where, {.budget = 0s});
    auto const before = status_of(pool / "42.lock");
    std::filesystem::remove(pool / "43.lock");
    ::chmod((pool / "42.lock").c_str(), 0666);
    REQUIRE(make_machine_pool(pool));
    auto const after = status_of(pool / "42.lock");
    CHECK(after.st_ino == before.st_ino);
    CHECK((after.st_mode & 07777) == 0444);
    CHECK(std::filesystem::exists(pool / "43.lock"));
    if (held) CHECK(is_file_at(held->lock, pool / lock_name(held->number)));
}

TEST_CASE("a pool in which others could replace files is refused", "[machine_pool]") {
    temporary_place const place;
    auto const pool = place.path / "vms";
    std::filesystem::create_directory(pool);
    ::chmod(pool.c_str(), 0777);
    CHECK_FALSE(make_machine_pool(pool));
    std::filesystem::remove(pool);
    std::filesystem::create_directory_symlink(place.where.runtime, pool);
    CHECK_FALSE(make_machine_pool(pool));
    std::filesystem::remove(pool);
    REQUIRE(write_file(pool, ""));
    CHECK_FALSE(make_machine_pool(pool));
    CHECK_FALSE(make_machine_pool(place.path / "missing" / "vms"));
}

TEST_CASE("a lock file that is none is refused by its name", "[machine_pool]") {
    temporary_place const place;
    auto const pool = place.path / "vms";
    std::filesystem::create_directory(pool);
    SECTION("a link") { std::filesystem::create_symlink("/etc/passwd", pool / "07.lock"); }
    SECTION("a pipe") { REQUIRE(::mkfifo((pool / "07.lock").c_str(), 0600) == 0); }
    SECTION("a directory") { std::filesystem::create_directory(pool / "07.lock"); }
    auto const refused = make_machine_pool(pool);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("07.lock") != std::string::npos);
    CHECK_FALSE(machine_slots::find(pool));
}
