#include "catch.hpp"
#include <ktest/report/attempt.hpp>

using namespace ktest;

namespace {

auto slurm(std::string state, std::string node = "n2") {
    return slurm_job{"12", std::move(state), std::move(node), "None"};
}

auto record(verdict const& said) { return make_job_record("abc", "n2", said); }

auto said(attempt const& one) { return to_record(one).verdict; }

constexpr auto exited_with_1 = 1 << 8;

} // namespace

TEST_CASE("an exit status of 0 without a record is no pass", "[job]") {
    CHECK(said({}) == "unavailable");
    CHECK(said({.job = slurm("COMPLETED")}) == "unavailable");
    CHECK(said({.job = slurm("NODE_FAIL")}) == "unavailable");
    CHECK(to_record({.job = slurm("NODE_FAIL")}).reason
          == "the run left no record (job 12 on n2: NODE_FAIL, no record; the launcher ended with 0)");
}

TEST_CASE("the record is the verdict, whatever the launcher ended with", "[job]") {
    CHECK(said({.launcher_status = exited_with_1, .record = record(passed{})}) == "passed");
    CHECK(said({.record = record(failed{"x"})}) == "failed");
    CHECK(said({.record = record(crashed{stage::test, "x"}), .job = slurm("CANCELLED")}) == "crashed");
}

TEST_CASE("what Slurm did to a job is said in its own words", "[job]") {
    for (auto const& written : {std::optional<job_record>{}, std::optional{record(interrupted{})}}) {
        CHECK(to_record({.record = written, .job = slurm("CANCELLED")})
              == make_job_record("", "n2", interrupted{"Slurm's job 12 was cancelled"}));
        CHECK(to_record({.record = written, .job = slurm("PREEMPTED")})
              == make_job_record("", "n2", unavailable_host{"Slurm's job 12 was preempted"}));
        CHECK(said({.record = written, .job = slurm("TIMEOUT")}) == "unavailable");
        CHECK(said({.record = written, .job = slurm("OUT_OF_MEMORY")}) == "unavailable");
    }
    CHECK(said({.record = record(interrupted{}), .job = slurm("COMPLETED")}) == "interrupted");
    CHECK(to_record({.job = slurm_job{"12", "PENDING", "", "PartitionConfig"}}).reason
          == "Slurm's job 12 can never run (PartitionConfig): no node has what it asks for");
}

TEST_CASE("a case is tried once more where its node failed", "[job]") {
    for (auto const* state : {"NODE_FAIL", "FAILED", "COMPLETED", "BOOT_FAIL", "COMPLETING"})
        CHECK(failed_node({.job = slurm(state)}) == "n2");
}

TEST_CASE("a verdict, and a job that somebody ended, are never re-rolled", "[job]") {
    for (auto const& each :
         {verdict{passed{}}, verdict{failed{}}, verdict{unavailable_host{}}, verdict{interrupted{}}})
        CHECK(!failed_node({.record = record(each), .job = slurm("NODE_FAIL")}));
    for (auto const* state : {"CANCELLED", "PREEMPTED", "TIMEOUT", "OUT_OF_MEMORY", "RUNNING", "PENDING"})
        CHECK(!failed_node({.job = slurm(state)}));
}

TEST_CASE("a job that never had a node is not tried elsewhere", "[job]") {
    CHECK(!failed_node({.job = slurm("FAILED", "")}));
    CHECK(!failed_node({.launcher_status = exited_with_1}));
}

TEST_CASE("a case whose host ssh could not reach, or lost, is tried on another", "[job]") {
    constexpr auto ssh_failed = 255 << 8;
    attempt const lost{.launcher_status = ssh_failed, .host = "farm1"};
    CHECK(failed_node(lost) == "farm1");
    CHECK(describe(lost) == "ssh to farm1: ended with 255, no record");
    CHECK(to_record(lost)
          == make_job_record("", "farm1", unavailable_host{"ssh could not reach farm1, or lost it"}));
    attempt const cut_off{.launcher_status = ssh_failed, .record = record(interrupted{}), .host = "farm1"};
    CHECK(failed_node(cut_off) == "farm1");
    CHECK(said(cut_off) == "unavailable");
}

TEST_CASE("what ktest said over ssh counts, whatever became of the connection", "[job]") {
    constexpr auto ssh_failed = 255 << 8;
    for (auto const& each : {verdict{passed{}}, verdict{failed{}}, verdict{unavailable_host{}}}) {
        attempt const one{.launcher_status = ssh_failed, .record = record(each), .host = "farm1"};
        CHECK(!failed_node(one));
        CHECK(to_record(one) == *one.record);
    }
    CHECK(said({.record = record(interrupted{}), .host = "farm1"}) == "interrupted");
    CHECK(!failed_node({.record = record(interrupted{}), .host = "farm1"}));
}

TEST_CASE("ssh's exit status of 0 without a record is neither a pass nor a dead host", "[job]") {
    CHECK(said({.host = "farm1"}) == "unavailable");
    CHECK(!failed_node({.host = "farm1"}));
}

TEST_CASE("a step that left no word is tried once more while its allocation lives", "[job]") {
    attempt const dead{.job = slurm("RUNNING"), .is_step = true};
    CHECK(failed_node(dead) == "n2");
    CHECK(describe(dead) == "a step of job 12 on n2: ended with 0, no record");
    CHECK(said(dead) == "unavailable");
    CHECK(!failed_node({.job = slurm("RUNNING", ""), .is_step = true}));
    CHECK(!failed_node({.record = record(failed{}), .job = slurm("RUNNING"), .is_step = true}));
    for (auto const* state : {"CANCELLED", "TIMEOUT", "NODE_FAIL", "COMPLETING"})
        CHECK(!failed_node({.job = slurm(state), .is_step = true}));
    CHECK(said({.record = record(interrupted{}), .job = slurm("RUNNING"), .is_step = true}) == "interrupted");
    CHECK(to_record({.job = slurm("NODE_FAIL"), .is_step = true}).reason.find("--no-kill")
          != std::string::npos);
}
