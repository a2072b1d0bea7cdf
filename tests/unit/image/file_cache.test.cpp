#include "../kernel/kernel_test.hpp"
#include "catch.hpp"
#include <ktest/image/file_cache.hpp>

#include <atomic>
#include <thread>

using namespace ktest;
using namespace ktest::test;

namespace {

auto always(std::filesystem::path const& /*file*/) -> bool { return true; }

} // namespace

TEST_CASE("of many who want one file at once one makes it", "[file_cache]") {
    temporary_home const home;
    std::atomic<int> made = 0;
    std::atomic<int> found = 0;
    std::vector<std::thread> many;
    for (auto i = 0; i < 8; ++i)
        many.emplace_back([&] {
            auto const file = cached_file(
                home.where.cache, "file", 4,
                [&](std::filesystem::path const& path) {
                    ++made;
                    return write_file(path, "whole");
                },
                always);
            if (file && read_file(*file) == "whole") ++found;
        });
    for (auto& one : many) one.join();
    CHECK(made == 1);
    CHECK(found == 8);
}

TEST_CASE("the files used longest ago go first", "[file_cache]") {
    temporary_home const home;
    auto const get = [&](std::string const& name) {
        return cached_file(
            home.where.cache, name, 2, [](auto const& path) { return write_file(path, "x"); }, always);
    };
    auto const long_ago = [](std::filesystem::path const& file, time_t when) {
        std::array<timespec, 2> const times{timespec{when, 0}, timespec{when, 0}};
        ::utimensat(AT_FDCWD, file.c_str(), times.data(), 0);
    };
    auto const a = get("a");
    auto const b = get("b");
    REQUIRE(a);
    REQUIRE(b);
    long_ago(*a, 1000);
    long_ago(*b, 2000);
    REQUIRE(get("a")); // used again, so b is the older now
    REQUIRE(get("c"));
    CHECK(std::filesystem::exists(*a));
    CHECK_FALSE(std::filesystem::exists(*b));
}

TEST_CASE("a file that could not be made is not there", "[file_cache]") {
    temporary_home const home;
    auto const failed = cached_file(
        home.where.cache, "file", 4,
        [](std::filesystem::path const& path) -> result<void> {
            if (auto begun = write_file(path, "half"); !begun) return begun;
            return unavailable("no more");
        },
        always);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message == "no more");
    CHECK_FALSE(std::filesystem::exists(home.where.cache / "file"));
    CHECK_FALSE(std::filesystem::exists(home.where.cache / ".new-file"));
}

TEST_CASE("a file that is not whole any more is made anew", "[file_cache]") {
    temporary_home const home;
    auto made = 0;
    auto const get = [&] {
        return cached_file(
            home.where.cache, "file", 4,
            [&](auto const& path) {
                ++made;
                return write_file(path, "whole");
            },
            [](auto const& path) { return std::filesystem::file_size(path) == 5; });
    };
    auto const file = get();
    REQUIRE(file);
    CHECK(get() == file);
    CHECK(made == 1);
    std::filesystem::resize_file(*file, 3);
    CHECK(get() == file);
    CHECK(made == 2);
    CHECK(read_file(*file) == "whole");
}

TEST_CASE("what is cached is its user's alone, whatever the umask", "[file_cache]") {
    temporary_home const home;
    auto const mask = ::umask(0);
    auto const file = cached_file(
        home.where.cache / "a", "file", 4, [](auto const& path) { return write_file(path, "x", 0666); },
        always);
    ::umask(mask);
    REQUIRE(file);
    CHECK(std::filesystem::status(*file).permissions() == std::filesystem::perms{0600});
    CHECK(std::filesystem::status(home.where.cache / "a").permissions() == std::filesystem::perms::owner_all);
}
