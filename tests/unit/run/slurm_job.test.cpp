#include "catch.hpp"
#include <ktest/run/slurm_job.hpp>

using namespace ktest;

TEST_CASE("a job is read from squeue's line", "[slurm]") {
    CHECK(parse_slurm_job("12|NODE_FAIL|n2|NodeDown\n") == slurm_job{"12", "NODE_FAIL", "n2", "NodeDown"});
    CHECK(parse_slurm_job("12|PENDING||a|b\n") == slurm_job{"12", "PENDING", "", "a|b"});
    CHECK(parse_slurm_job("12|RUNNING|n1|None\n13|RUNNING|n2|None\n")
          == slurm_job{"12", "RUNNING", "n1", "None"});
}

TEST_CASE("what is no such line is no job", "[slurm]") {
    for (auto const* text :
         {"", "\n", "12", "12|RUNNING", "12|RUNNING|n1", "|a|b|c", "slurm_load_jobs error\n"})
        CHECK(parse_slurm_job(text) == std::nullopt);
}

TEST_CASE("a job that is completing has not ended", "[slurm]") {
    CHECK(has_ended({"1", "NODE_FAIL", "n2", ""}));
    CHECK(has_ended({"1", "COMPLETED", "n2", ""}));
    for (auto const* state : {"COMPLETING", "RUNNING", "PENDING", "SUSPENDED", "CONFIGURING", ""})
        CHECK(!has_ended({"1", state, "n2", ""}));
}

TEST_CASE("a job that waits for what no node has can never run", "[slurm]") {
    CHECK(can_never_run({"1", "PENDING", "", "PartitionConfig"}));
    CHECK(!can_never_run({"1", "RUNNING", "n1", "PartitionConfig"}));
    for (auto const* reason : {"Resources", "Priority", "None", "ReqNodeNotAvail", "PartitionNodeLimit", ""})
        CHECK(!can_never_run({"1", "PENDING", "", reason}));
}
