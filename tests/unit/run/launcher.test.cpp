#include "catch.hpp"
#include <ktest/run/launcher.hpp>

using namespace ktest;

namespace {

job_request const job{.name = "ktest-it-0123", .cpus = 2, .memory_mib = 768, .disk_mib = 30, .seconds = 960};

auto filled(std::string_view word) { return fill_placeholders(word, job); }

auto has(std::vector<std::string> const& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

} // namespace

TEST_CASE("placeholders stand for what a case needs", "[launcher]") {
    CHECK(filled("{cpus}{mem_mib}-{disk_mib}") == "2768-30");
    CHECK(filled("--time=0:{seconds}") == "--time=0:960");
    CHECK(filled("-J{name}") == "-Jktest-it-0123");
    CHECK(fill_placeholders(std::vector<std::string>{"nice", "", "{cpus}"}, job)
          == std::vector<std::string>{"nice", "", "2"});
}

TEST_CASE("a job's name is one word for any scheduler", "[launcher]") {
    constexpr auto* nonce = "0123456789abcdef0123456789abcdef";
    CHECK(job_name("xfs.quick-1", nonce) == "ktest-xfs.quick-1-0123456789ab");
    CHECK(job_name("a,b c{name}\n", nonce) == "ktest-a_b_c_name__-0123456789ab");
    CHECK(job_name(std::string(5000, 'x'), nonce).size() == 100 + 19);
}

TEST_CASE("braces without a name in them stand for themselves", "[launcher]") {
    for (auto const* word : {"", "{", "}", "{}", "{{", "${HOME}", "{a b}", "{cpus", "{1}"})
        CHECK(filled(word) == word);
    CHECK(filled("{{cpus}}") == "{2}");
}

TEST_CASE("a placeholder that is not known is an error that names those that are", "[launcher]") {
    auto const wrong = filled("-c{cpu}");
    REQUIRE(!wrong);
    CHECK(wrong.error().kind == fault::usage);
    CHECK(wrong.error().message.find("'{cpu}' is not known (there are {cpus}, {mem_mib}")
          != std::string::npos);
}

TEST_CASE("Slurm is asked for disk only where its nodes have some to give", "[launcher]") {
    CHECK(has(slurm_launcher({}, true, "").start, "--tmp={disk_mib}M"));
    CHECK(!has(slurm_launcher({}, false, "").start, "--tmp={disk_mib}M"));
}

TEST_CASE("Slurm is told the site's arguments last", "[launcher]") {
    CHECK(slurm_launcher({"--partition=x"}, true, "").start.back() == "--partition=x");
}

TEST_CASE("a node that failed is excluded beside those that the site excludes", "[launcher]") {
    CHECK(has(slurm_launcher({"-px"}, false, "n2").start, "--exclude=n2"));
    auto const both = slurm_launcher({"--exclude=n1"}, false, "n2").start;
    CHECK(has(both, "--exclude=n1,n2"));
    CHECK(!has(both, "--exclude=n2"));
}

TEST_CASE("a case within an allocation is a step of it, and only the step is cancelled", "[launcher]") {
    auto const step = slurm_step_launcher({"-px"}, "12", "n2");
    for (auto const* word : {"--jobid=12", "--exact", "--exclude=n2", "-px", "--mem={mem_mib}M"})
        CHECK(has(step.start, word));
    CHECK(step.cancel.front() == "sh");
    CHECK(!has(step.cancel, "--name={name}"));
    CHECK(has(step.cancel, "12"));
    CHECK(step.cancel.back() == "{name}");
}
