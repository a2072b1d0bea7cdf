#include "../../catch.hpp"
#include "template_test.hpp"
#include <ktest/run/template_store.hpp>

using namespace ktest;
using namespace std::chrono_literals;

namespace {

/// Whether the store refuses it, says what is wrong, and has removed it.
void expect_refused(test::temporary_templates const& place, std::string const& why) {
    auto const found = place.store().find("k");
    REQUIRE_FALSE(found);
    CHECK(found.error().message.find(why) != std::string::npos);
    CHECK(place.keys().empty());
    auto const again = place.store().find("k");
    REQUIRE(again);
    CHECK_FALSE(*again);
}

} // namespace

TEST_CASE("what was made is found, with its log and its age", "[template_store]") {
    test::temporary_templates const place;
    place.make("abcdef");
    place.age("abcdef", 90s);
    auto const found = place.store().find("abcdef");
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((*found)->id == "abcd");
    CHECK((*found)->age >= 90s);
    CHECK((*found)->kernel_log == "6,0,0,-;Linux version\n");
    CHECK(read_all((*found)->state.get()) == "devices of abcdef");
    auto const none = place.store().find("fedcba");
    REQUIRE(none);
    CHECK_FALSE(*none);
}

TEST_CASE("each use counts, and the last one retires the template", "[template_store]") {
    test::temporary_templates const place;
    place.make("k");
    auto const store = place.store({.uses = 2});
    CHECK(*store.find("k"));
    CHECK(store.list().front().uses == 1);
    CHECK(*store.find("k"));
    CHECK_FALSE(*store.find("k"));
    CHECK(place.keys().empty());
}

TEST_CASE("a template that is too old is gone", "[template_store]") {
    test::temporary_templates const place;
    place.make("k");
    place.age("k", 25h);
    auto const found = place.store().find("k");
    REQUIRE(found);
    CHECK_FALSE(*found);
    CHECK(place.keys().empty());
}

TEST_CASE("a state that was cut short is refused and removed", "[template_store]") {
    test::temporary_templates const place;
    place.make("k");
    std::filesystem::resize_file(place.file("k", "state"), 5);
    expect_refused(place, "its state is not what was saved");
}

TEST_CASE("a memory that was cut short or changed is refused and removed", "[template_store]") {
    test::temporary_templates const place;
    place.make("k");
    SECTION("cut short") { std::filesystem::resize_file(place.file("k", "memory"), 4096); }
    SECTION("changed") {
        auto const then = std::filesystem::last_write_time(place.file("k", "memory")) + 1ns;
        std::filesystem::last_write_time(place.file("k", "memory"), then);
    }
    SECTION("another file") {
        auto const copy = place.file("k", "copy");
        std::filesystem::copy_file(place.file("k", "memory"), copy);
        std::filesystem::rename(copy, place.file("k", "memory"));
    }
    expect_refused(place, "its memory is not what was saved");
}

TEST_CASE("a file that is missing is refused and the rest removed", "[template_store]") {
    test::temporary_templates const place;
    place.make("k");
    auto const name = GENERATE(as<char const*>{}, "memory", "root.qcow2", "state", "kernel.log");
    std::filesystem::remove(place.file("k", name));
    expect_refused(place, name);
}

TEST_CASE("a manifest of rubbish is refused", "[template_store]") {
    test::temporary_templates const place;
    place.make("k");
    auto const text =
        GENERATE(as<char const*>{}, "", "{", "[]", "7", R"({"memory": 1})", R"({"memory": ""})", "\xff\xfe");
    REQUIRE(write_file(place.file("k", "manifest.json"), text));
    expect_refused(place, "not what was saved");
}

TEST_CASE("without its manifest a template is not there yet", "[template_store]") {
    test::temporary_templates const place;
    place.make("k");
    std::filesystem::remove(place.file("k", "manifest.json"));
    auto const found = place.store().find("k");
    REQUIRE(found);
    CHECK_FALSE(*found);
}

TEST_CASE("one makes a template, another who wants to is told no", "[template_store]") {
    test::temporary_templates const place;
    {
        auto const first = place.store().begin_making("k");
        REQUIRE(first);
        CHECK(*first);
        auto const second = place.store().begin_making("k");
        REQUIRE(second);
        CHECK_FALSE(*second);
        CHECK(*place.store().begin_making("other").value());
    }
    CHECK(*place.store().begin_making("k").value());
}

TEST_CASE("pruning takes what is unfinished, but not what is being made", "[template_store]") {
    test::temporary_templates const place;
    place.make("whole");
    (void)place.store().begin_making("abandoned");
    auto const making = place.store().begin_making("going-on");
    place.store().prune();
    CHECK(place.keys() == std::vector<std::string>{"whole", "going-on"});
}

TEST_CASE("pruning takes the oldest of what is too much", "[template_store]") {
    test::temporary_templates const place;
    for (auto const* key : {"old", "new", "middle"}) place.make(key);
    place.age("old", 3h);
    place.age("middle", 2h);
    auto const each = place.store().list().front().bytes;
    REQUIRE(each > 0);
    place.store({.bytes = 2 * each}).prune();
    CHECK(place.keys() == std::vector<std::string>{"new", "middle"});
}

TEST_CASE("an opened template outlives its removal", "[template_store]") {
    test::temporary_templates const place;
    place.make("k");
    auto const found = place.store().find("k");
    place.store().drop("k");
    CHECK(place.keys().empty());
    CHECK(read_all((*found)->state.get()) == "devices of k");
}

TEST_CASE("where no template can be kept, making one is an error that names the place", "[template_store]") {
    template_store const store{"/proc/none"};
    auto const made = store.begin_making("k");
    REQUIRE_FALSE(made);
    CHECK(made.error().message.find("/proc/none") != std::string::npos);
    auto const found = store.find("k");
    REQUIRE(found);
    CHECK_FALSE(*found);
    store.prune();
    CHECK(store.list().empty());
}

TEST_CASE("the list tells what guest a template is of", "[template_store]") {
    test::temporary_templates const place;
    place.make("k");
    auto const list = place.store().list();
    REQUIRE(list.size() == 1);
    CHECK(list.front().what == "6.1, 256M");
    CHECK(list.front().good);
    CHECK(list.front().uses == 0);
}

TEST_CASE("templates are their user's alone, whatever the umask and whatever was marked first",
          "[template_store]") {
    test::temporary_templates const place;
    auto const mask = ::umask(0);
    place.store().marks().make_known("k");
    place.make("k");
    CHECK(*place.store().find("k"));
    ::umask(mask);
    for (auto const& entry : std::filesystem::recursive_directory_iterator{place.path / "templates"})
        CHECK((entry.status().permissions() & std::filesystem::perms{0077}) == std::filesystem::perms::none);
    CHECK(std::filesystem::status(place.path / "templates").permissions()
          == std::filesystem::perms::owner_all);
}

TEST_CASE("templates that others could write are not restored, and none are made among them",
          "[template_store]") {
    test::temporary_templates const place;
    place.make("k");
    std::filesystem::permissions(place.path / "templates", std::filesystem::perms{0777});
    CHECK_FALSE(place.store().find("k"));
    CHECK_FALSE(place.store().begin_making("other"));
}

TEST_CASE("templates may lie elsewhere, behind a link", "[template_store]") {
    test::temporary_templates const place;
    std::filesystem::create_directory(place.path / "elsewhere");
    std::filesystem::create_directory_symlink(place.path / "elsewhere", place.path / "templates");
    place.make("k");
    CHECK(*place.store().find("k"));
}
