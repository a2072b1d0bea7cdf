#pragma once

#include <ktest/report/subtest.hpp>
#include <ktest/run/kernel_reports.hpp>
#include <ktest/run/verdict.hpp>
#include <ktest/spec/bytes.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ktest {

/// What became of one of a test's VMs.
struct node_result {
    std::string name;
    ktest::verdict verdict;
    std::string start; ///< `cold`, or the template's id and age
    std::optional<std::chrono::duration<double>> boot, ran;
    friend auto operator==(node_result const&, node_result const&) -> bool = default;
};

/// Everything that is known of a run in the end: what result.json, junit.xml and the verdict line tell.
struct run_report {
    using seconds = std::chrono::duration<double>;

    std::string test;                   ///< its name: the script's file name without the directory
    std::filesystem::path script;       ///< as the user gave it
    unsigned line = 1;                  ///< of the script: the last one that its output complains about
    std::vector<std::string> chosen;    ///< the subtests that were asked for; none: everything
    std::vector<std::string> arguments; ///< what stood behind `--`

    std::string kernel_name;    ///< as the user knows it: `.ktest`, `default`, a path
    std::string kernel_release; ///< `uname -r`; empty: it was never learnt
    std::filesystem::path image;
    std::string accelerator;            ///< `tcg` or `kvm`
    std::string start = "cold";         ///< or the template's id and age
    std::optional<std::uint32_t> shake; ///< the seed by which a restored guest differs a little from others
    bytes memory;
    unsigned cpus = 1;
    std::vector<bytes> scratch;

    ktest::verdict verdict;
    std::optional<int> script_status; ///< exit status of the script; none: it did not end
    std::optional<seconds> boot;      ///< from the launch to ready; none: it never was
    std::optional<seconds> ran;       ///< the test itself; none: it never began
    seconds total{};
    unsigned boots = 1;                        ///< more than one with REBOOT=allow
    std::vector<subtest> subtests;             ///< KTAP in its output
    std::vector<kernel_report> kernel_reports; ///< WARNING, lockdep, KASAN, ...

    std::uint32_t seed = 0; ///< of this run: the test's own, and a restored guest's
    std::string nonce;
    std::chrono::sys_seconds started_at{};
    std::string host;
    std::filesystem::path directory;    ///< where its files are
    std::vector<std::string> command;   ///< runs it again
    std::string node;                   ///< whose result this is; empty: the whole test's
    std::vector<node_result> nodes;     ///< of a test of several VMs, in the order of NODES
    std::vector<std::string> artefacts; ///< names of the files in `directory`

    friend auto operator==(run_report const&, run_report const&) -> bool = default;
};

/// The test with the subtests that were asked for: `bcache`, `bcache.writeback`, `bcache.gc,writeback`.
inline auto full_name(run_report const& report) -> std::string {
    auto name = report.test;
    for (auto const& subtest : report.chosen)
        (name += &subtest == &report.chosen.front() ? '.' : ',') += subtest;
    return name;
}

} // namespace ktest
