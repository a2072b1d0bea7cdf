// What ktest costs beside what it wraps, each pair measured in turn in one run: `ktest run` beside a bare
// QEMU with the same kernel, disks and initramfs, booted and restored from the same template, and `ktest
// list` beside the script's own deps.

#include "bare_guest.hpp"
#include <ktest/capture.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include <sys/utsname.h>

namespace {

using namespace ktest;
using bench::give_up;
using milliseconds = std::chrono::duration<double, std::milli>;

template<class Work>
auto timed(Work work) -> milliseconds {
    auto const begun = std::chrono::steady_clock::now();
    work();
    return std::chrono::steady_clock::now() - begun;
}

auto median(std::vector<milliseconds> values) -> double {
    std::sort(values.begin(), values.end());
    auto const middle = values.size() / 2;
    return ((values[middle] + values[(values.size() - 1) / 2]) / 2).count();
}

/// Gives what it said on stderr.
auto succeed(std::vector<std::string> words) -> std::string {
    auto const name = words.front();
    auto const done = capture({.arguments = std::move(words)});
    if (!done || !done->succeeded())
        give_up(fmt::format("{}: {}", name, done ? done->err : done.error().message));
    return done->err;
}

auto bare_qemu(test_plan const& plan, paths const& where, template_use use) -> milliseconds {
    bench::bare_guest guest{plan, where, use};
    return timed([&] { guest.run(); });
}

void tell(std::string_view what, std::vector<milliseconds> const& ours, std::string_view beside,
          std::vector<milliseconds> const& theirs) {
    fmt::print("{} {:.1f} ms, {} {:.1f} ms: {:.1f} ms more, ratio {:.3f} (medians of {})\n", what,
               median(ours), beside, median(theirs), median(ours) - median(theirs),
               median(ours) / median(theirs), ours.size());
    std::fflush(stdout);
}

} // namespace

auto main(int argc, char** argv) -> int {
    if (argc != 3) give_up("usage: ktest-bench KTEST TEST");
    std::string const ktest = argv[1];
    std::string const test = argv[2];
    auto const where = find_paths();
    if (!where) give_up(where.error().message);
    test_request request{.script = test};
    request.guest.acceleration = accelerator_wish::tcg;
    auto const plan = make_test_plan(request, *where, {});
    if (!plan) give_up(plan.error().message);

    utsname host{};
    ::uname(&host);
    fmt::print("{} CPUs, {}, TCG, guest {}\n", ::sysconf(_SC_NPROCESSORS_ONLN), host.machine,
               plan->machine.kernel.release);

    std::vector<milliseconds> lists, deps;
    for (auto round = 0; round < 20; ++round) {
        deps.push_back(timed([&] { succeed({test, "deps"}); }));
        lists.push_back(timed([&] { succeed({ktest, "list", test}); }));
    }
    tell("ktest list", lists, "the script's deps", deps);

    using use = template_use;
    auto const run = [&](std::string_view start, std::vector<std::string> options) {
        options.insert(options.begin(), {ktest, "run", "--accel", "tcg"});
        options.push_back(test);
        std::string said;
        auto const took = timed([&] { said = succeed(options); });
        if (said.find(start) == std::string::npos)
            give_up(fmt::format("not what was to be measured: {}", said));
        return took;
    };
    run("(template", {"--warm"}); // there is one from now on
    std::vector<milliseconds> cold, warm, bare_cold, bare_warm;
    for (auto round = 0; round < 10; ++round) {
        bare_cold.push_back(bare_qemu(*plan, *where, use::none));
        cold.push_back(run("(cold", {"--cold"}));
        bare_warm.push_back(bare_qemu(*plan, *where, use::at_once));
        warm.push_back(run("(template", {}));
    }
    tell("ktest run --cold", cold, "bare QEMU", bare_cold);
    tell("ktest run", warm, "bare QEMU restored", bare_warm);
    tell("ktest run --cold", cold, "ktest run", warm);
}
