#include "../../catch.hpp"
#include "template_test.hpp"
#include <ktest/run/template_marks.hpp>

using namespace ktest;
using namespace std::chrono_literals;

TEST_CASE("a key is known from its first run on", "[template_marks]") {
    test::temporary_templates const place;
    auto const marks = place.store().marks();
    CHECK_FALSE(marks.is_known("k"));
    marks.make_known("k");
    CHECK(marks.is_known("k"));
    CHECK_FALSE(marks.is_known("other"));
}

TEST_CASE("the second failure makes a key cold, and only for an hour", "[template_marks]") {
    test::temporary_templates const place;
    auto const marks = place.store().marks();
    marks.make_known("k");
    CHECK_FALSE(marks.count_failure("k"));
    CHECK_FALSE(marks.is_cold("k"));
    CHECK(marks.count_failure("k"));
    CHECK(marks.is_cold("k"));
    CHECK_FALSE(marks.count_failure("k")); // counted from the beginning again

    auto const then = std::filesystem::file_time_type::clock::now() - 61min;
    std::filesystem::last_write_time(place.path / "templates" / "k.cold", then);
    CHECK_FALSE(marks.is_cold("k"));
}

TEST_CASE("a guest that was well makes an earlier failure forgotten", "[template_marks]") {
    test::temporary_templates const place;
    auto const marks = place.store().marks();
    marks.make_known("k");
    marks.count_failure("k");
    marks.forgive("k");
    CHECK_FALSE(marks.count_failure("k"));
}

TEST_CASE("marks that nobody has asked for are forgotten", "[template_marks]") {
    test::temporary_templates const place;
    auto const marks = place.store().marks();
    marks.make_known("old");
    marks.make_known("new");
    auto const then = std::filesystem::file_time_type::clock::now() - 48h;
    std::filesystem::last_write_time(place.path / "templates" / "old.seen", then);
    marks.forget_older_than(24h);
    CHECK_FALSE(marks.is_known("old"));
    CHECK(marks.is_known("new"));
}

TEST_CASE("where nothing can be written, nothing is known, and nobody fails", "[template_marks]") {
    template_marks const marks{"/proc/none"};
    marks.make_known("k");
    CHECK_FALSE(marks.is_known("k"));
    CHECK_FALSE(marks.count_failure("k"));
    CHECK_FALSE(marks.is_cold("k"));
}
