#pragma once

#include <ktest/run/kernel_reports.hpp>
#include <ktest/run/splat_scanner.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <vector>

namespace ktest {

/// Gathers the reports of a run's kernel while its log comes.
class report_watch {
public:
    report_watch(report_rules rules, bool may_reboot) : rules_{std::move(rules)} {
        if (may_reboot) scanner_.expect_reboots(splat_scanner::any_number);
        for (auto const& rule : rules_.rules)
            if (rule.what == splat_rule::kind::expect) awaited_.push_back(rule.pattern);
    }

    /// Records of /dev/kmsg, whole ones.
    void feed(std::string_view records) { take(scanner_.feed(records)); }
    /// Whether the rest of a report may still come.
    auto report_goes_on() const -> bool { return scanner_.report_goes_on(); }
    /// The test's first instruction is about to run: what was reported before is not the test's.
    void test_begins() {
        take(scanner_.quiet());
        testing_ = true;
    }
    /// The guest is gone. Of a kernel that died the console tells what init could not.
    auto finish(std::string_view console) -> std::vector<kernel_report> {
        cut_ = reports_.size();
        take(scanner_.flush());
        splat_scanner rest;
        rest.expect_reboots(splat_scanner::any_number); // an unexpected one is told by QEMU
        listening_ = true;
        constexpr std::size_t piece = 1U << 16U; // what is found in one is held in memory
        for (; !console.empty(); console.remove_prefix(std::min(piece, console.size())))
            take(rest.feed(console.substr(0, piece)));
        take(rest.flush());
        return std::move(reports_);
    }

    /// A guest may report without end: of so many on the first of a kind are kept, and what a rule awaits.
    static constexpr std::size_t most_kept = 200;

private:
    void take(std::vector<splat_event> events) {
        for (auto& event : events)
            if (auto* const ended = std::get_if<splat_ended>(&event)) add(std::move(ended->report));
    }
    void add(splat report) {
        for (std::size_t i = 0; i < reports_.size(); ++i) {
            auto& known = reports_[i].what;
            if (known.microseconds != report.microseconds || known.headline != report.headline) continue;
            auto const tells_more = listening_ && i >= cut_ && report.text.size() > known.text.size();
            auto const tells_death = report.fatal && !known.fatal;
            if (tells_more || tells_death) {
                report.fatal |= known.fatal;
                known = std::move(report);
            }
            return;
        }
        auto const key = key_of(report);
        // The console repeats what the log has, of which no more can be remembered.
        auto const told =
            counted_.contains(key) || (counted_.size() == most_counted && report.kind != splat_class::death);
        if (listening_ && told) return;
        kernel_report one{.what = std::move(report), .before_test = !testing_, .untold = listening_};
        one.excused = rules_.excuses(one.what);
        auto const kept = std::find_if(reports_.rbegin(), reports_.rend(),
                                       [&](auto const& other) { return judged_alike(one, other); });
        if (is_first_awaited(one) || reports_.size() < most_kept || kept == reports_.rend())
            return reports_.push_back(std::move(one));
        ++kept->more;
        if (counted_.size() < most_counted) counted_.insert(key);
    }

    static auto key_of(splat const& report) -> std::size_t {
        constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;
        return std::hash<std::string>{}(report.headline) ^ (report.microseconds.value_or(0) * odd);
    }
    static auto judged_alike(kernel_report const& one, kernel_report const& other) -> bool {
        auto const traits = [](kernel_report const& it) {
            return std::tuple{it.what.kind, it.what.fatal, it.before_test,
                              it.excused,   it.untold,     report_rules::is_asked_for(it.what)};
        };
        return traits(one) == traits(other);
    }
    /// Whether a rule of the test's waits for such a report, and none came before.
    auto is_first_awaited(kernel_report const& one) -> bool {
        if (one.before_test) return false;
        auto const rule = std::find_if(awaited_.begin(), awaited_.end(), [&](auto const& pattern) {
            return report_rules::matches(one.what, pattern);
        });
        auto const found = rule != awaited_.end();
        if (found) awaited_.erase(rule);
        return found;
    }

    report_rules rules_;
    splat_scanner scanner_;
    std::vector<kernel_report> reports_;
    std::vector<std::string> awaited_;        ///< patterns of reports that must come, and have not
    std::unordered_set<std::size_t> counted_; ///< which were not kept
    static constexpr std::size_t most_counted = 1U << 16U;
    std::size_t cut_ = 0; ///< from this one on the log has no end of them
    bool testing_ = false;
    bool listening_ = false; ///< to the console
};

} // namespace ktest
