#include "measure.hpp"

#include "../report_error.hpp"
#include <ktest/capture.hpp>
#include <ktest/kernel/kernel_store.hpp>
#include <ktest/program.hpp>
#include <ktest/run/kvm_fitness.hpp>
#include <ktest/vm/accelerator.hpp>
#include <ktest/vm/machine.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

namespace ktest::cli {

namespace {

constexpr auto trivial_test = R"(#!/bin/sh
if [ "$1" = deps ]; then
    echo "MEM=256M"
    exit
fi
cat /sys/devices/system/clocksource/clocksource0/current_clocksource
if dmesg | grep -iE 'clocksource.*unstable|rcu.*(stall|detected)|soft lockup|hung task|time went backwards'; then
    echo "TEST FAILED: the kernel complains"
    exit
fi
echo "TEST SUCCESS"
)";

/// One run of the trivial test; its result, if it passed and began as it should.
class trivial_runs {
public:
    explicit trivial_runs(std::filesystem::path place) : place_{std::move(place)} {}

    auto run(std::string_view option, std::string_view start) -> result<double> {
        auto const begun = std::chrono::steady_clock::now();
        auto const done = capture({.arguments = {"/proc/self/exe", "run", std::string{option}, "--no-hold",
                                                 "-t", "60", "-o", (place_ / "out").string(), "--json",
                                                 (place_ / "json").string(), (place_ / "measure").string()}});
        std::chrono::duration<double> const took = std::chrono::steady_clock::now() - begun;
        if (!done) return tl::unexpected{done.error()};
        if (!done->succeeded()) return unavailable("{}{}", done->err, done->out);
        auto const told = nlohmann::json::parse(read_file(place_ / "json").value_or(""), nullptr, false);
        auto const began = told.is_object() ? told.value("start", "") : "";
        if (!began.starts_with(start))
            return unavailable("a guest began {} instead of {}:\n{}", began, start, done->err);
        if (told["boot_seconds"].is_number()) ready_.push_back(told["boot_seconds"].get<double>());
        accelerator_ = told.value("accelerator", "");
        return took.count();
    }

    /// `whole run 3.21 s, ready 2.96 s (medians of 3)`
    auto summary(std::vector<double> const& whole) -> std::string {
        auto const text = fmt::format("whole run {:.2f} s, ready {:.2f} s (medians of {})", median(whole),
                                      median(ready_), whole.size());
        ready_.clear();
        return text;
    }
    auto accelerator() const -> std::string const& { return accelerator_; }

private:
    static auto median(std::vector<double> values) -> double {
        if (values.empty()) return 0;
        std::sort(values.begin(), values.end());
        return values[values.size() / 2];
    }

    std::filesystem::path place_;
    std::vector<double> ready_;
    std::string accelerator_;
};

auto measure_in(std::filesystem::path const& place, paths const& where, unsigned restores) -> result<void> {
    if (auto written = write_file(place / "measure", trivial_test, 0755); !written) return written;
    trivial_runs runs{place};
    auto const several = [&](unsigned count, std::string_view option,
                             std::string_view start) -> result<std::vector<double>> {
        std::vector<double> whole;
        for (unsigned i = 0; i < count; ++i) {
            auto const took = runs.run(option, start);
            if (!took) return tl::unexpected{took.error()};
            whole.push_back(*took);
        }
        return whole;
    };
    auto const booted = several(std::min(3U, restores), "--cold", "cold");
    if (!booted) return tl::unexpected{booted.error()};
    fmt::print("{:<10} ok   {}\n", "boot", runs.summary(*booted));
    auto const made = several(1, "--warm", "template");
    if (!made) return tl::unexpected{made.error()};
    (void)runs.summary(*made);
    auto const restored = several(restores, "--warm", "template");
    if (!restored) return tl::unexpected{restored.error()};
    fmt::print("{:<10} ok   {}: all {} were well\n", "restore", runs.summary(*restored), restores);
    if (runs.accelerator() != to_string(accelerator::kvm) || restores < proving_restores) return {};
    auto const kernel = choose_kernel({}, where);
    auto const qemu = find_program(x86_64::program, "qemu-system-x86");
    if (!kernel || !qemu) return {};
    fmt::print("{:<10} ok   from now on runs under KVM start from templates, with this kernel and QEMU\n",
               "templates");
    return kvm_fitness{where.templates(), kernel->chosen, *qemu}.prove();
}

} // namespace

auto measure(paths const& where, unsigned restores) -> bool {
    auto const place = where.runtime / "measure"; // what a killed one has left is swept here
    std::error_code failed;
    std::filesystem::remove_all(place, failed);
    std::filesystem::create_directories(place, failed);
    auto const done =
        failed ? unavailable("{}: {}", place.string(), failed.message()) : measure_in(place, where, restores);
    std::filesystem::remove_all(place, failed);
    if (!done) report(done.error());
    return done.has_value();
}

} // namespace ktest::cli
