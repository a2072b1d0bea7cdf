// What ktest costs beside what it wraps, each pair measured in turn in one run: `ktest run` beside a bare
// QEMU with the same kernel, disks and initramfs, and `ktest list` beside the script's own deps.

#include <ktest/capture.hpp>
#include <ktest/guest/wire.hpp>
#include <ktest/run/prepare_guest.hpp>
#include <ktest/run/test_plan.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include <poll.h>
#include <sys/utsname.h>

namespace {

using namespace ktest;
using milliseconds = std::chrono::duration<double, std::milli>;

template<class Work>
auto timed(Work work) -> milliseconds {
    auto const begun = std::chrono::steady_clock::now();
    work();
    return std::chrono::steady_clock::now() - begun;
}

[[noreturn]] void give_up(std::string_view why) {
    fmt::print(stderr, "bench: {}\n", why);
    std::exit(1);
}

auto median(std::vector<milliseconds> values) -> double {
    std::sort(values.begin(), values.end());
    auto const middle = values.size() / 2;
    return ((values[middle] + values[(values.size() - 1) / 2]) / 2).count();
}

void succeed(std::vector<std::string> words) {
    auto const name = words.front();
    auto const done = capture({.arguments = std::move(words)});
    if (!done || !done->succeeded())
        give_up(fmt::format("{}: {}", name, done ? done->err : done.error().message));
}

/// Everything that a run needs is made beforehand; then QEMU from its start to its end, with the least that
/// makes the guest run the test: `run` once it is ready, and the end once it has said success.
auto bare_qemu(test_plan const& plan, paths const& where) -> milliseconds {
    auto guest = write_payload(where.scratch(), plan.payload).and_then([&](descriptor payload) {
        return prepare_guest(plan.machine, std::move(payload), where, where.scratch(), {});
    });
    if (!guest) give_up(guest.error().message);
    auto& with = guest->start;
    return timed([&] {
        auto qemu = start(with.qemu);
        if (!qemu) give_up(qemu.error().message);
        wire::reader<wire::from_guest> agent;
        std::string output;
        while (output.find("TEST SUCCESS") == std::string::npos) {
            std::array waited{pollfd{with.agent.get(), POLLIN, 0}, pollfd{with.output.get(), POLLIN, 0},
                              pollfd{with.console.get(), POLLIN, 0}};
            ::poll(waited.data(), waited.size(), -1);
            std::array<char, 1U << 16U> block{};
            // A console that nobody reads fills its socket, byte by byte, and then holds the guest up.
            if (waited[2].revents != 0) (void)!::read(with.console.get(), block.data(), block.size());
            if (waited[1].revents != 0) {
                auto const got = ::read(with.output.get(), block.data(), block.size());
                if (got <= 0) give_up("the guest ended without success");
                output.append(block.data(), static_cast<std::size_t>(got));
            }
            if (waited[0].revents != 0) {
                auto const got = ::read(with.agent.get(), block.data(), block.size());
                if (got <= 0) give_up("the guest has gone");
                agent.feed({block.data(), static_cast<std::size_t>(got)});
                while (auto const said = agent.next())
                    if (std::holds_alternative<wire::ready>(*said))
                        (void)write_all(with.agent.get(), wire::encode(plan.start));
            }
        }
        qemu->signal(SIGKILL);
        qemu->wait();
    });
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
    auto const plan = make_test_plan(request, *where);
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

    std::vector<milliseconds> runs, bare;
    for (auto round = 0; round < 10; ++round) {
        bare.push_back(bare_qemu(*plan, *where));
        runs.push_back(timed([&] { succeed({ktest, "run", "--accel", "tcg", test}); }));
    }
    tell("ktest run", runs, "bare QEMU", bare);
}
