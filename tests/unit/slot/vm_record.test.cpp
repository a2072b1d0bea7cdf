#include "catch.hpp"
#include "unit/slot/slot_test.hpp"
#include <ktest/slot/vm_record.hpp>

using namespace ktest;
using namespace ktest::test;

namespace {

auto example() -> vm_record {
    return {.test = "bcache",
            .slot = *parse_slot_number("7"),
            .host = {"farm1", "ec203dab-7e54-44f0-9773-27d987e8aa23"},
            .owner = 4711,
            .started = std::chrono::seconds{1'700'000'000},
            .kernel = "6.12.0 (.ktest)",
            .directory = "/home/me/a \"tree\"",
            .symbols = "/home/me/a \"tree\"/.ktest/vmlinux"};
}

} // namespace

TEST_CASE("a record is read as it was written", "[vm_record]") {
    temporary_place const place;
    auto const file = record_file(place.path);
    REQUIRE(write_vm_record(file, example()));
    CHECK(read_vm_record(file) == example());
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("names that are no UTF-8 can be written down", "[vm_record]") {
    auto record = example();
    record.test = "caf\xe9";
    auto const read = parse_vm_record(to_json(record));
    REQUIRE(read);
    CHECK(read->test == "caf\xef\xbf\xbd");
    CHECK(read->owner == record.owner);
}

TEST_CASE("what is no record is an error, whatever it is", "[vm_record]") {
    for (std::string const& bad :
         {std::string{}, std::string{"{"}, std::string{"[]"}, std::string{"null"}, std::string{"42"},
          std::string{"{}"}, std::string{R"({"slot": 7})"}, std::string{R"({"slot": "100"})"},
          std::string(60000, '['), std::string{"\xff\xfe\0", 3}}) {
        INFO(bad.substr(0, 20));
        CHECK_FALSE(parse_vm_record(bad));
    }
}

TEST_CASE("fields of a wrong kind are as good as missing", "[vm_record]") {
    auto const read = parse_vm_record(
        R"({"slot": "3", "test": 1, "owner": "1", "started": 1.5, "directory": ["/"], "host": null})");
    REQUIRE(read);
    CHECK(*read == vm_record{.slot = *parse_slot_number("3")});
    CHECK(parse_vm_record(R"({"slot": "3", "owner": 99999999999999999999, "started": -1})"));
}

TEST_CASE("only a small regular file is read", "[vm_record]") {
    temporary_place const place;
    auto const file = record_file(place.path);
    CHECK_FALSE(read_vm_record(file));
    REQUIRE(write_vm_record(place.path / "elsewhere", example()));
    std::filesystem::create_symlink("elsewhere", file);
    CHECK_FALSE(read_vm_record(file));
    std::filesystem::remove(file);
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    CHECK_FALSE(read_vm_record(file));
    std::filesystem::remove(file);
    std::filesystem::create_directory(file);
    CHECK_FALSE(read_vm_record(file));
    std::filesystem::remove(file);
    REQUIRE(write_file(file, to_json(example()) + std::string(1 << 17U, ' ')));
    CHECK_FALSE(read_vm_record(file));
}
