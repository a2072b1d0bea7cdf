#pragma once

#include "catch.hpp"
#include <ktest/run/report_watch.hpp>

namespace ktest::test {

inline auto warning(std::string const& where, unsigned second = 5) -> std::string {
    auto const at = fmt::format("4,{0},{0}000000,-,caller=T9;", second);
    return at + "------------[ cut here ]------------\n" + at + "WARNING: CPU: 0 PID: 9 at " + where + ".c:7 "
           + where + "+0x1/0x2\n" + at + "Modules linked in:\n" + at + "RIP: 0010:" + where + "+0x1/0x2\n"
           + at + "---[ end trace 0000000000000000 ]---\n";
}

inline auto reports_of(report_rules const& rules, std::string const& before, std::string const& during) {
    report_watch watch{rules, false};
    watch.feed(before);
    watch.test_begins();
    watch.feed(during);
    return watch.finish("");
}

inline auto judged(verdict const& said, report_rules const& rules, std::string const& before,
                   std::string const& during) {
    return with_reports(said, reports_of(rules, before, during), rules);
}

inline auto allow(std::string pattern) {
    return report_rules{.rules = {{splat_rule::kind::allow, std::move(pattern)}}};
}
inline auto expect(std::string pattern) {
    return report_rules{.rules = {{splat_rule::kind::expect, std::move(pattern)}}};
}

} // namespace ktest::test
