#include "audit.hpp"

#include "../report_error.hpp"
#include "build_progress.hpp"
#include <ktest/report/run_difference.hpp>

namespace ktest::cli {

auto audit(run_options options, test_plan plan, paths const& where, progress& console) -> result<verdict> {
    if (plan.settled || plan.spec.cold_boot || options.cold)
        return usage_error("--audit: this test never starts from a template, so there is nothing to compare");
    options.no_hold = true;
    options.request.seed = plan.seed; // what a test draws is no difference
    auto const cold = run_planned(options, std::move(plan), where, template_use::none, console);
    if (!cold) return tl::unexpected{cold.error()};
    if (std::holds_alternative<interrupted>(cold->report.verdict)) return cold->report.verdict;
    // The script is asked anew, as in any second run.
    auto const warm =
        make_test_plan(options.request, where, watch_build(console)).and_then([&](test_plan again) {
            return run_planned(options, std::move(again), where, template_use::at_once, console);
        });
    if (!warm) return tl::unexpected{warm.error()};
    for (auto const* run : {&*cold, &*warm})
        if (std::holds_alternative<interrupted>(run->report.verdict)
            || std::holds_alternative<unavailable_host>(run->report.verdict))
            return run->report.verdict;
    if (warm->report.start == cold->report.start)
        return unavailable("--audit: no template could be used, so there is nothing to compare");
    auto const differences = differences_between({"booted", cold->report, cold->warnings},
                                                 {"restored", warm->report, warm->warnings});
    for (auto const& line : differences) tell("audit: {}", line);
    tell("audit: {}", differences.empty() ? "a restored guest says the same as a booted one" : "they differ");
    if (differences.empty()) return warm->report.verdict;
    return failed{"a restored guest does not say the same as a booted one"};
}

} // namespace ktest::cli
