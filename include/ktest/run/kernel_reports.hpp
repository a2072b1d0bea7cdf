#pragma once

#include <ktest/run/hang_findings.hpp>
#include <ktest/run/splat.hpp>
#include <ktest/run/verdict.hpp>
#include <ktest/spec/pattern.hpp>
#include <ktest/spec/test_spec.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

/// A report of the kernel in a run.
struct kernel_report {
    splat what;
    bool before_test = false;  ///< it came while the guest booted
    bool excused = false;      ///< the test said that it may come, or it is none of the kernel's failures
    std::string symbolised{};  ///< its text with lines of source; empty: there is no vmlinux
    std::string source_line{}; ///< `path:line` of the guilty function; empty: it is not known
    bool untold = false;       ///< the console has it, but no record of the kernel's log, which init gives
    std::size_t more = 0;      ///< how many like it came later and are only counted
    friend auto operator==(kernel_report const&, kernel_report const&) -> bool = default;
};

/// `WARNING in kfree [kfree]`: what a report is called in a line.
inline auto title_of(splat const& what) -> std::string {
    if (what.guilty_function.empty() || what.title.find(what.guilty_function) != std::string::npos)
        return what.title;
    return fmt::format("{} [{}]", what.title, what.guilty_function);
}

/// What a user or a test makes of reports: SPLAT's rules, and `--splat`.
struct report_rules {
    enum class policy { fail, report, allow };
    std::vector<splat_rule> rules;
    policy otherwise = policy::fail; ///< for reports that no rule names
    bool strict = false;             ///< those of the boot count as well

    /// Whether SPLAT's pattern (a regular expression, ECMAScript's) is found in the report's title or
    /// headline.
    static auto matches(splat const& what, std::string const& pattern) -> bool {
        if (pattern.empty()) return true;
        auto const wanted = read_pattern(pattern);
        return wanted
               && (std::regex_search(what.title, *wanted) || std::regex_search(what.headline, *wanted));
    }
    /// The panic of a guest that hung, and was asked what it does.
    static auto is_asked_for(splat const& what) -> bool {
        return what.kind == splat_class::death && what.title.find(panic_at_nmi) != std::string::npos;
    }
    auto excuses(splat const& what) const -> bool {
        if (what.kind == splat_class::oom || is_asked_for(what) || otherwise != policy::fail) return true;
        return std::any_of(rules.begin(), rules.end(),
                           [&](auto const& rule) { return matches(what, rule.pattern); });
    }
};

namespace detail {

/// A panic as the judge tells of it.
inline auto panic_phrase(std::string_view title) -> std::string {
    constexpr std::string_view headline = "Kernel panic - not syncing: ";
    if (title.starts_with(headline)) title.remove_prefix(headline.size());
    return fmt::format("kernel panic: {}", title);
}

} // namespace detail

/// The panic after which init could say nothing more, if there was one. Whoever writes such words into a
/// living kernel's log does not make one.
inline auto last_panic(std::vector<kernel_report> const& reports) -> kernel_report const* {
    auto const found = std::find_if(reports.begin(), reports.end(), [](kernel_report const& one) {
        return one.untold && !one.before_test && one.what.kind == splat_class::death
               && !report_rules::is_asked_for(one.what);
    });
    return found == reports.end() ? nullptr : &*found;
}

/// What a run says when its kernel is heard, too: a report that nothing excuses fails a test whatever it
/// said, and so does one that should have come and did not. It is the cause; what the test said itself stands
/// behind it. A crash or a time that was up is told with the first report before it. A kernel that panicked
/// while the run was wound up has crashed, and nothing excuses that.
inline auto with_reports(verdict said, std::vector<kernel_report> const& reports, report_rules const& rules)
    -> verdict {
    auto const counts = [&](kernel_report const& one) {
        return !one.excused && (!one.before_test || rules.strict);
    };
    auto const ended_itself = std::holds_alternative<passed>(said) || std::holds_alternative<failed>(said)
                              || std::holds_alternative<skipped>(said);
    if (auto const* const panic = last_panic(reports); panic != nullptr && ended_itself)
        said = crashed{stage::test, detail::panic_phrase(panic->what.title)};
    auto const first = std::find_if(reports.begin(), reports.end(), counts);
    std::size_t more = 0;
    for (auto const& one : reports)
        if (counts(one)) more += 1 + one.more;
    if (more > 0) --more; // but the first
    auto const cause = [&] {
        return title_of(first->what) + (more > 0 ? fmt::format(" (and {} more)", more) : std::string{});
    };
    if (auto* const died = std::get_if<crashed>(&said); died != nullptr && first != reports.end()) {
        if (first->what.kind != splat_class::death)
            died->reason += fmt::format("; the first report: {}", cause());
    } else if (auto* const late = std::get_if<timed_out>(&said); late != nullptr && first != reports.end()) {
        late->reason += fmt::format("; the kernel reported: {}", cause());
    } else if (first != reports.end() && std::holds_alternative<failed>(said)) {
        return failed{fmt::format("splat: {}; {}", cause(), reason(said))};
    } else if (first != reports.end()
               && (std::holds_alternative<passed>(said) || std::holds_alternative<skipped>(said))) {
        return failed{"splat: " + cause()};
    }
    auto const starved = std::find_if(reports.begin(), reports.end(), [](kernel_report const& one) {
        return !one.before_test && one.what.kind == splat_class::oom;
    });
    if (auto* const why = std::get_if<failed>(&said); why != nullptr && starved != reports.end())
        why->reason += fmt::format("; the kernel said: {}", starved->what.title);
    if (!std::holds_alternative<passed>(said)) return said;
    for (auto const& rule : rules.rules)
        if (rule.what == splat_rule::kind::expect
            && std::none_of(reports.begin(), reports.end(), [&](kernel_report const& one) {
                   return !one.before_test && report_rules::matches(one.what, rule.pattern);
               }))
            return failed{fmt::format("the kernel did not report '{}', as SPLAT expects", rule.pattern)};
    return said;
}

/// Whether the kernel has told of a trouble since the test began, so that its counts may have grown.
inline auto trouble_is_told(std::vector<kernel_report> const& reports) -> bool {
    return std::any_of(reports.begin(), reports.end(), [](kernel_report const& one) {
        return !one.before_test && one.what.kind != splat_class::oom;
    });
}

/// What the kernel counts of its own troubles, in init's order: taint, whether lockdep has given up,
/// warnings, oopses. One that grew while no report came is a report that nobody saw: why the test fails;
/// empty: none did.
inline auto unreported_trouble(std::vector<std::uint64_t> const& before,
                               std::vector<std::uint64_t> const& after) -> std::string {
    constexpr std::uint64_t report_taints = 1U << 4U | 1U << 5U | 1U << 7U | 1U << 9U | 1U << 14U;
    constexpr std::size_t witnesses = 4;
    if (before.size() != witnesses || after.size() != witnesses) return "";
    if (auto const taints = after[0] & ~before[0] & report_taints; taints != 0)
        return fmt::format("the kernel's taint grew by {} without a report", taints);
    if (after[1] > before[1]) return "lockdep turned itself off without a report";
    if (after[2] > before[2])
        return fmt::format("the kernel counts {} warnings more, without a report", after[2] - before[2]);
    if (after[3] > before[3])
        return fmt::format("the kernel counts {} oopses more, without a report", after[3] - before[3]);
    return "";
}

} // namespace ktest
