#include "report_test.hpp"
#include <ktest/take_line.hpp>

using namespace ktest;
using namespace ktest::test;

TEST_CASE("the console tells what the log could not, once", "[report_watch]") {
    report_watch watch{{}, false};
    watch.test_begins();
    watch.feed(warning("f", 5));
    auto const reports = watch.finish(
        "[    5.000000][    T9] ------------[ cut here ]------------\r\n"
        "[    5.000000][    T9] WARNING: CPU: 0 PID: 9 at f.c:7 f+0x1/0x2\r\n"
        "[    6.000000][    T9] Kernel panic - not syncing: sysrq triggered crash\r\n"
        "[    6.000001][    T9] ---[ end Kernel panic - not syncing: sysrq triggered crash ]---\r\n");
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].what.fatal);
}

TEST_CASE("of a report that the log broke off in the console tells the rest, and of a whole one nothing",
          "[report_watch]") {
    std::string const panic = "Kernel panic - not syncing: sysrq triggered crash";
    report_watch watch{{}, false};
    watch.test_begins();
    watch.feed(warning("f") + "0,9,6000000,-,caller=T9;" + panic + "\n");
    auto const reports =
        watch.finish("[    5.000000][    T9] ------------[ cut here ]------------\r\n"
                     "[    5.000000][    T9] WARNING: CPU: 0 PID: 9 at f.c:7 f+0x1/0x2\r\n"
                     "[    5.000000][    T9] Modules linked in: much more than the log has\r\n"
                     "[    5.000000][    T9] ---[ end trace 0000000000000000 ]---\r\n"
                     "[    6.000000][    T9] "
                     + panic
                     + "\r\n[    6.000001][    T9] Call Trace:\r\n"
                       "[    6.000001][    T9]  sysrq_handle_crash+0x1/0x2\r\n");
    REQUIRE(reports.size() == 2);
    CHECK(reports[0].what.text.find("much more") == std::string::npos);
    CHECK(reports[1].what.fatal);
    CHECK(reports[1].what.text.find("sysrq_handle_crash") != std::string::npos);
}

TEST_CASE("a report goes on until its last line", "[report_watch]") {
    report_watch watch{{}, false};
    CHECK_FALSE(watch.report_goes_on());
    auto const text = warning("f");
    auto const last = text.find("4,5,5000000,-,caller=T9;---[ end");
    watch.feed(text.substr(0, last));
    CHECK(watch.report_goes_on());
    watch.feed(text.substr(last));
    CHECK_FALSE(watch.report_goes_on());
}

namespace {

auto many_warnings(unsigned count, unsigned from = 100) -> std::string {
    std::string log;
    for (auto i = from; i < from + count; ++i) log += warning("f", i);
    return log;
}

auto on_console(std::string const& records) -> std::string {
    std::string console;
    for (std::string_view rest = records; !rest.empty();)
        console += to_string(parse_kernel_record(take_line(rest)).value()) + "\r\n";
    return console;
}

} // namespace

TEST_CASE("of very many reports the first are kept, and the others counted", "[report_watch]") {
    constexpr auto many = 2000U;
    auto const log = many_warnings(many);
    report_watch watch{{}, false};
    watch.test_begins();
    watch.feed(log);
    auto const reports = watch.finish(on_console(log)); // which tells no more
    CHECK(reports.size() <= report_watch::most_kept);
    CHECK(reports.front().what.microseconds == 100'000'000U);
    CHECK(reports.back().more == many - reports.size());
    CHECK(reason(with_reports(passed{}, reports, {})).ends_with("(and 1999 more)"));
}

TEST_CASE("what decides is kept however many reports came before it", "[report_watch]") {
    auto const many = many_warnings(1000);
    SECTION("one that nothing excuses") {
        auto const why = reason(judged(passed{}, allow("at f$"), "", many + warning("xfs_grow", 5000)));
        CHECK(why.starts_with("splat: WARNING: xfs_grow"));
    }
    SECTION("one of the test's") {
        CHECK(reason(judged(passed{}, {}, many, warning("xfs_grow", 5000)))
                  .starts_with("splat: WARNING: xfs_grow"));
    }
    SECTION("one that must come") {
        auto rules = expect("xfs_grow");
        rules.rules.push_back({splat_rule::kind::allow, "at f$"});
        CHECK(judged(passed{}, rules, "", many + warning("xfs_grow", 5000)) == verdict{passed{}});
    }
    SECTION("a panic that only the console tells") {
        report_watch watch{allow(""), false};
        watch.test_begins();
        watch.feed(many);
        auto const reports =
            watch.finish(on_console(many) + "[ 5000.000000] Kernel panic - not syncing: x\r\n");
        CHECK(with_reports(passed{}, reports, allow("")) == verdict{crashed{stage::test, "kernel panic: x"}});
    }
}

TEST_CASE("what /dev/kmsg escapes stands in a report as the kernel said it", "[report_watch]") {
    auto const reports =
        reports_of({}, "",
                   R"(3,7,7000000,-,caller=T9;BUG: sleeping function called from invalid context at a.c:7
3,8,7000001,-,caller=T9;in_atomic(): 1\x0a\x09irqs_disabled(): 0
)");
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].what.text.find("in_atomic(): 1\n\tirqs_disabled(): 0") != std::string::npos);
}
