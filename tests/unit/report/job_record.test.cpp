#include "catch.hpp"
#include <ktest/report/job_record.hpp>

using namespace ktest;

TEST_CASE("a job's record is read as it was written", "[job]") {
    for (auto const& said :
         {verdict{passed{}}, verdict{failed{"a \"b\"\nc"}}, verdict{timed_out{stage::boot, "x"}}}) {
        auto const record = make_job_record("abc", "n1", said);
        CHECK(parse_job_record(to_json(record), "abc") == record);
    }
}

TEST_CASE("a record of another job is none", "[job]") {
    CHECK(!parse_job_record(to_json(make_job_record("abc", "n1", passed{})), "abd"));
    CHECK(!parse_job_record(to_json(make_job_record("", "n1", passed{})), "abd"));
}

TEST_CASE("a record that is not whole is none", "[job]") {
    auto const whole = to_json(make_job_record("abc", "n1", passed{}));
    for (std::size_t size = 0; size + 2 < whole.size(); ++size)
        CHECK(!parse_job_record(std::string_view{whole}.substr(0, size), "abc"));
    for (auto const* text : {"[]", "null", "{}", R"({"nonce":"abc","verdict":"passed","exit_status":0})"})
        CHECK(!parse_job_record(text, "abc"));
}

TEST_CASE("a record that contradicts itself is none", "[job]") {
    auto record = make_job_record("abc", "n1", passed{});
    record.exit_status = 1;
    CHECK(!parse_job_record(to_json(record), "abc"));
    record = make_job_record("abc", "n1", failed{"x"});
    record.exit_status = 0;
    CHECK(!parse_job_record(to_json(record), "abc"));
}
