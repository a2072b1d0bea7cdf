#include "catch.hpp"
#include <ktest/file.hpp>
#include <ktest/run/splat_scanner.hpp>

#include <range/v3/algorithm/count.hpp>

#include <algorithm>
#include <filesystem>

using namespace ktest;

namespace {

auto reports_of(std::vector<splat_event> const& events) -> std::vector<splat> {
    std::vector<splat> list;
    for (auto const& event : events)
        if (auto const* ended = std::get_if<splat_ended>(&event)) list.push_back(ended->report);
    std::stable_sort(list.begin(), list.end(),
                     [](splat const& a, splat const& b) { return a.line < b.line; });
    return list;
}

auto scan(std::initializer_list<std::string_view> pieces) -> std::vector<splat> {
    splat_scanner scanner;
    std::vector<splat_event> all;
    auto const add = [&](std::vector<splat_event> events) {
        std::move(events.begin(), events.end(), std::back_inserter(all));
    };
    for (auto const piece : pieces) add(scanner.feed(piece));
    add(scanner.flush());
    return reports_of(all);
}

/// `LINE+LINES CLASS[, fatal]: TITLE [FUNCTION]`: what an expectation holds of a report.
auto summary(splat const& report) -> std::string {
    return fmt::format("{}+{} {}{}: {} [{}]\n", report.line, ranges::count(report.text, '\n'),
                       to_string(report.kind), report.fatal ? ", fatal" : "", report.title,
                       report.guilty_function);
}
auto summary(std::vector<splat> const& reports) -> std::string {
    std::string text;
    for (auto const& report : reports) text += summary(report);
    return text;
}

struct saved_log {
    std::string name, text, expected;
};

/// The logs in the directory `splats`; NAME.splats is what is to be found in NAME.log.
auto saved_logs() -> std::vector<saved_log> const& {
    static auto const logs = [] {
        std::vector<saved_log> list;
        for (auto const& entry : std::filesystem::directory_iterator{KTEST_SPLAT_LOGS}) {
            auto path = entry.path();
            if (path.extension() != ".log") continue;
            auto text = read_file(path);
            auto expected = read_file(path.replace_extension(".splats"));
            list.push_back({path.stem(), text.value(), expected.value()});
        }
        return list;
    }();
    return logs;
}

} // namespace

TEST_CASE("every saved log gives its reports", "[splat]") {
    for (auto const& log : saved_logs()) {
        INFO(log.name);
        CHECK(summary(scan({log.text})) == log.expected);
    }
}

TEST_CASE("reports are the same at whichever byte the log was cut", "[splat]") {
    // Cut in every line at once, at its k-th byte: every byte is cut at, in as many scans as a line is long.
    for (auto const& log : saved_logs()) {
        INFO(log.name);
        auto const whole = scan({log.text});
        std::size_t longest = 0, differing = 0;
        for (std::size_t cut = 0; cut <= longest + 1; ++cut) {
            splat_scanner scanner;
            std::vector<splat_event> all;
            auto const feed = [&](std::string_view piece) {
                for (auto& event : scanner.feed(piece)) all.push_back(std::move(event));
            };
            std::size_t fed = 0;
            for (std::size_t line = 0; line < log.text.size();) {
                auto const next = std::min(log.text.find('\n', line), log.text.size() - 1) + 1;
                longest = std::max(longest, next - line);
                if (line + cut < next) {
                    feed(std::string_view{log.text}.substr(fed, line + cut - fed));
                    fed = line + cut;
                }
                line = next;
            }
            feed(std::string_view{log.text}.substr(fed));
            for (auto& event : scanner.flush()) all.push_back(std::move(event));
            if (reports_of(all) != whole) ++differing;
        }
        CHECK(differing == 0);
    }
}

TEST_CASE("reports are the same byte by byte, and on a serial console", "[splat]") {
    for (auto const& log : saved_logs()) {
        INFO(log.name);
        splat_scanner bytes;
        std::vector<splat_event> all;
        std::string console;
        for (auto const& letter : log.text) {
            auto const some = bytes.feed({&letter, 1});
            all.insert(all.end(), some.begin(), some.end());
            if (letter == '\n') console += '\r';
            console += letter;
        }
        auto const rest = bytes.flush();
        all.insert(all.end(), rest.begin(), rest.end());
        auto const whole = scan({log.text});
        CHECK(reports_of(all) == whole);
        CHECK(scan({console}) == whole);
    }
}

namespace {

/// The lines of a log as other tasks would have said them later: no two logs share a caller or a time.
auto retold(std::string_view text, char caller) -> std::vector<std::string> {
    std::vector<std::string> lines;
    while (!text.empty()) {
        auto const end = text.find('\n');
        auto line = parse_log_line(text.substr(0, end));
        auto const time = line.microseconds.value_or(0) + static_cast<unsigned>(caller);
        lines.push_back(fmt::format("[{:5}.{:06}][{}{}] {}\n", time / 1'000'000, time % 1'000'000,
                                    line.caller.empty() ? "T" : line.caller, +caller, line.text));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

auto told(std::vector<splat> reports) -> std::vector<std::string> {
    std::vector<std::string> list;
    for (auto const& report : reports) list.push_back(report.title + report.fingerprint + report.text);
    std::sort(list.begin(), list.end());
    return list;
}

auto joined(std::vector<std::string> const& lines) -> std::string {
    std::string text;
    for (auto const& line : lines) text += line;
    return text;
}

} // namespace

TEST_CASE("two reports that come line by line in turn are taken apart by who speaks", "[splat]") {
    std::vector<std::vector<std::string>> logs;
    for (auto const& log : saved_logs()) {
        auto const has_callers =
            log.name.find("caller") != std::string::npos && log.expected.find("reboot") == std::string::npos;
        if (has_callers) logs.push_back(retold(log.text, static_cast<char>('A' + logs.size())));
    }
    REQUIRE(logs.size() > 5);
    for (auto const& first : logs)
        for (auto const& second : logs) {
            if (&first == &second) continue;
            std::string mixed;
            for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
                if (i < first.size()) mixed += first[i];
                if (i < second.size()) mixed += second[i];
            }
            auto apart = scan({joined(first)});
            auto const other = scan({joined(second)});
            apart.insert(apart.end(), other.begin(), other.end());
            CHECK(told(scan({mixed})) == told(apart));
        }
}

TEST_CASE("of two reports that nothing tells apart the first is found, and its class is right", "[splat]") {
    std::vector<std::vector<std::string>> logs;
    std::vector<std::vector<splat_class>> classes;
    for (auto const& log : saved_logs()) {
        auto const reports = scan({log.text});
        if (reports.empty() || log.expected.find("reboot") != std::string::npos) continue;
        auto& lines = logs.emplace_back();
        for (auto const& line : retold(log.text, 'A'))
            lines.push_back(std::string{parse_log_line(line).text} + '\n');
        auto& kinds = classes.emplace_back();
        for (auto const& report : reports) kinds.push_back(report.kind);
    }
    REQUIRE(logs.size() > 50);
    for (std::size_t a = 0; a < logs.size(); ++a)
        for (std::size_t b = a + 1; b < logs.size(); ++b) {
            std::string mixed;
            for (std::size_t i = 0; i < std::max(logs[a].size(), logs[b].size()); ++i) {
                if (i < logs[a].size()) mixed += logs[a][i];
                if (i < logs[b].size()) mixed += logs[b][i];
            }
            auto const reports = scan({mixed});
            INFO(mixed);
            REQUIRE(!reports.empty());
            auto kinds = classes[a];
            kinds.insert(kinds.end(), classes[b].begin(), classes[b].end());
            CHECK(std::find(kinds.begin(), kinds.end(), reports.front().kind) != kinds.end());
        }
}

TEST_CASE("a report is the same whatever dmesg or a logger puts before its lines", "[splat]") {
    for (auto const& log : saved_logs()) {
        if (log.name.find("panics") == std::string::npos && log.name.find("5.4-kasan") == std::string::npos
            && log.name.find("5.10-null") == std::string::npos)
            continue;
        auto const plain = scan({log.text});
        REQUIRE(plain.size() == 1);
        for (std::string const prefix :
             {"", "[    9.123456 <    0.000010>] ", "[Nov29 05:30] ", "[  +0.000010] ",
              "kern  :err   : [    9.123456] ", "2026-11-29T05:30:00,123456+00:00 ",
              "[Sun Nov 29 05:30:00 2026] ", "Nov 29 05:30:00 host kernel: ", "[    9.123456] host kernel: ",
              "2026-11-29T05:30:00.1234567Z ", "2026-11-29T05:30:00.123456Z 00O "}) {
            INFO(log.name << prefix);
            std::string text;
            for (auto const& line : retold(log.text, 'A'))
                text += prefix + std::string{parse_log_line(line).text} + '\n';
            auto const reports = scan({text});
            REQUIRE(reports.size() == 1);
            CHECK(reports[0].title == plain[0].title);
            CHECK(reports[0].guilty_function == plain[0].guilty_function);
            CHECK(reports[0].fingerprint == plain[0].fingerprint);
            CHECK(reports[0].text == plain[0].text);
        }
    }
}

TEST_CASE("the first line of a report is told at once, its end when it has come", "[splat]") {
    splat_scanner scanner;
    CHECK(scanner.feed("[ 1.000001][ T9] ------------[ cut here ]------------\n").empty());
    auto const began = scanner.feed("[ 1.000002][ T9] WARNING: CPU: 0 PID: 9 at fs/a.c:1 f+0x1/0x2\n");
    REQUIRE(began.size() == 1);
    CHECK(began.front() == splat_event{splat_began{splat_class::assertion, "WARNING: fs/a.c at f", 1}});
    CHECK(scanner.feed("[ 1.000003][ T9] Call Trace:\n").empty());
    auto const ended = scanner.feed("[ 1.000004][ T9] ---[ end trace 0000000000000000 ]---\n");
    REQUIRE(ended.size() == 1);
    CHECK(std::get<splat_ended>(ended.front()).report.guilty_function == "f");
    CHECK(scanner.flush().empty());
}

TEST_CASE("a report without an end has ended when its user says that all is quiet", "[splat]") {
    splat_scanner scanner;
    CHECK(scanner.feed("[ 1.000001] BUG: kernel NULL pointer dereference, address: 0000000000000008\n").size()
          == 1);
    CHECK(scanner.feed("[ 1.000002] RIP: 0010:f+0x1/0x2\n[ 1.00").empty());
    CHECK(scanner.quiet().size() == 1);
    CHECK(scanner.quiet().empty());
    CHECK(scanner.feed("0003] BUG: unable to handle page fault for address: ffffc90000b21000\n").size() == 1);
}

TEST_CASE("a reboot that was announced is no report, the next one is", "[splat]") {
    constexpr std::string_view boot = "[    0.000000] Linux version 6.1.0 (a@b) #1\n[    0.000001] x\n";
    splat_scanner scanner;
    CHECK(scanner.feed(boot).empty());
    scanner.expect_reboots(1);
    CHECK(scanner.feed(boot).empty());
    CHECK(reports_of(scanner.feed(boot)).size() == 1);
    scanner.expect_reboots(splat_scanner::any_number);
    CHECK(scanner.feed(boot).empty());
    CHECK(scanner.feed(boot).empty());
}

TEST_CASE("what the kernel says in the boot after a panic is no repetition", "[splat]") {
    constexpr std::string_view panic =
        "[    9.000000] Kernel panic - not syncing: sysrq triggered crash\n"
        "[    9.000001] ---[ end Kernel panic - not syncing: sysrq triggered crash ]---\n";
    constexpr std::string_view boot = "[    0.000000] Linux version 6.1.0 (a@b) #1\n"
                                      "[    3.000000] BUG: unable to handle page fault for address: 10\n"
                                      "[    3.000001] RIP: 0010:f+0x1/0x2\n";
    auto const reports = scan({panic, boot});
    REQUIRE(reports.size() == 2);
    CHECK(reports.back().guilty_function == "f");
}

TEST_CASE("what comes long after a report is none of it", "[splat]") {
    std::string const begun =
        "[  100.000000][   T9] BUG: sleeping function called from invalid context at a.c:7\n"
        "[  100.000100][   T9] in_atomic(): 1, irqs_disabled(): 0\n";
    SECTION("nor a panic") {
        auto const reports = scan({begun, "[ 4000.000000][   T9] Kernel panic - not syncing: x\n"});
        REQUIRE(reports.size() == 2);
        CHECK_FALSE(reports[0].fatal);
        CHECK(reports[1].kind == splat_class::death);
    }
    SECTION("nor a report of its class") {
        CHECK(scan({begun, "[ 4000.000000][   T9] BUG: scheduling while atomic: sh/9/0x2\n"}).size() == 2);
    }
    SECTION("nor a line that could stand in it") {
        auto const reports = scan({begun, "[ 4000.000000][   T9] CPU: 1 PID: 9\n"});
        REQUIRE(reports.size() == 1);
        CHECK(reports[0].text.find("PID") == std::string::npos);
    }
    SECTION("but a slow console may take its time, and so may processors that show their stacks") {
        auto const reports =
            scan({begun, "[  110.100000][   T9] Call Trace:\n", "[  110.100100][   T9]  f+0x1/0x2\n"});
        REQUIRE(reports.size() == 1);
        CHECK(reports[0].guilty_function == "f");
    }
}

TEST_CASE("two reports with others' lines between them are two, where no time tells it", "[splat]") {
    std::string const notice = "unregister_netdevice: waiting for lo to become free. Usage count = 2\n";
    std::string const cut = "------------[ cut here ]------------\n";
    std::string const warning = "WARNING: CPU: 0 PID: 9 at fs/a.c:3 f+0x1/0x2\n";
    CHECK(scan({notice, "eth0: link up\n", warning}).size() == 2);
    CHECK(scan({notice, "eth0: link up\n", cut, warning}).size() == 2);
    CHECK(
        scan({"[ 1.0] x\n", "[   10.000000] " + notice, "[   12.000000] " + cut, "[   12.000001] " + warning})
            .size()
        == 2);
    // What a mark announced, or an oops has begun, goes on whatever a driver says meanwhile.
    CHECK(scan({cut, "eth0: link up\n", warning}).size() == 1);
    CHECK(scan({"BUG: unable to handle page fault for address: 10\n", "eth0: link up\n",
                "Oops: 0002 [#1] SMP\n"})
              .size()
          == 1);
    CHECK(scan({"list_del corruption. prev->next should be 1\n", cut, "kernel BUG at lib/list_debug.c:5!\n"})
              .size()
          == 1);
}

TEST_CASE("the boot after a panic is read as a log of its own", "[splat]") {
    // Without times, as a journal has it: nothing but the boot itself tells that this is no repetition.
    std::string const banner = "Linux version 6.1.0 (a@b) #1\n";
    std::string const boot = banner + "BUG: unable to handle page fault for address: 10\n"
                             + "RIP: 0010:f+0x1/0x2\nKernel panic - not syncing: Fatal exception\n";
    auto const* const end =
        GENERATE("---[ end Kernel panic - not syncing: Fatal exception ]---\n", "Rebooting in 5 seconds..\n",
                 "Decompressing Linux... done.\n", "Booting the kernel.\n");
    INFO(end);
    auto const reports = scan({boot, end, boot, end, banner, "x\n", banner});
    REQUIRE(reports.size() == 3);
    CHECK(reports[0].fatal);
    CHECK(reports[1].fatal);
    CHECK(reports[1].title == reports[0].title);
    CHECK(reports[2].kind == splat_class::reboot); // no panic's consequence
}

TEST_CASE("the fingerprint is the same in another build, and another for another fault", "[splat]") {
    auto const fault = [](std::string_view function, std::string_view caller) {
        auto const text = fmt::format("BUG: unable to handle page fault for address: ffffc90000b21000\n"
                                      "Oops: 0002 [#1] SMP\nRIP: 0010:{}\nCall Trace:\n {}\n",
                                      function, caller);
        return scan({text}).front().fingerprint;
    };
    auto const one = fault("log_append+0x55/0x90", "log_commit+0x3f/0x70");
    CHECK(one.size() == 16);
    CHECK(one == fault("log_append.isra.0+0x15/0xa0 [jbd]", "log_commit.constprop.0+0x4f/0x70 [jbd]"));
    CHECK(one != fault("log_append+0x55/0x90", "log_close+0x3f/0x70"));
}

TEST_CASE("a fault has one fingerprint in a module and built in", "[splat]") {
    auto const fault = [](std::string_view place) {
        return scan({fmt::format("BUG: KASAN: slab-out-of-bounds in {}\nCall Trace:\n h+0x1/0x2\n", place)})
            .front();
    };
    CHECK(fault("f+0x1/0x2 [m_1]").title != fault("f+0x1/0x2").title);
    CHECK(fault("f+0x1/0x2 [m_1]").fingerprint == fault("f+0x1/0x2").fingerprint);
    CHECK(fault("f+0x1/0x2 [m_1]").fingerprint != fault("g+0x1/0x2 [m_1]").fingerprint);
    CHECK(detail::without_modules("a [b] c [#1] d [] [e").append("|") == "a c [#1] d [] [e|");
}

TEST_CASE("a report is bounded, whatever lines follow it", "[splat]") {
    for (std::string_view const flood :
         {" f+0x1/0x2 and so on and on\n", "    indented\n", "Code: 00 11\n", "anything\n", "\n"}) {
        splat_scanner scanner;
        scanner.feed("BUG: unable to handle page fault for address: ffffc90000b21000\nRIP: 0010:f+0x1/0x2\n");
        std::vector<splat_event> all;
        for (auto i = 0; i < 40'000; ++i) {
            auto const some = scanner.feed(flood);
            all.insert(all.end(), some.begin(), some.end());
        }
        auto const reports = reports_of(all);
        if (flood == "\n") continue; // nothing is kept of these
        REQUIRE(reports.size() == 1);
        CHECK(reports.front().text.size() < 300'000);
    }
}

TEST_CASE("a headline is no longer than the kernel's lines, whatever a console got", "[splat]") {
    auto const reports = scan({"BUG: KASAN: " + std::string(60'000, 'x') + "\n"});
    REQUIRE(reports.size() == 1);
    CHECK(reports.front().headline.size() == 1024);
}

TEST_CASE("what a process says is no report of the kernel's", "[splat]") {
    for (auto const* const prefix :
         {"Nov 29 05:30:00 host app[12]: ", "2026-11-29T05:30:00.123456+00:00 host app[12]: demo: ",
          "[    5.123456] systemd[1]: ", "[    5.123456] host app[12]: ", "systemd[1]: a.service: ",
          "Nov 29 05:30:00 host kernel: [    5.123456] systemd-journald[77]: "})
        for (auto const* const text : {"BUG: x", "WARNING: CPU: 1 PID: 2 at a.c:3 f+0x1/0x2",
                                       "Kernel panic - not syncing: x", "BUG: KASAN: x in f"}) {
            INFO(prefix << text);
            CHECK(scan({prefix, text, "\n"}).empty());
        }
    CHECK(scan({"Nov 29 05:30:00 host dmesg[12]: [    5.123456] Kernel panic - not syncing: x\n"}).size()
          == 1);
}

TEST_CASE("reports that few kernels print are known, too", "[splat]") {
    using enum splat_class;
    auto const kinds = std::to_array<std::pair<char const*, splat_class>>(
        {{"Slab corruption (Not tainted): kmalloc-64 start=ffff888005a1c000, len=64", memory},
         {"slab error in verify_redzone_free(): cache `kmalloc-64': double free detected", memory},
         {"sysfs: cannot create duplicate filename '/devices/virtual/bdi/demo'", assertion},
         {"kobject: '(null)' (ffff888005a1c000): tried to init an initialized object, something is seriously "
          "wrong.",
          assertion},
         {"kobject (ffff888005a1c000): tried to init an initialized object, something is seriously wrong.",
          assertion},
         {"PANIC: early exception 0x0e IP 10:ffffffff82a1b2c3 error 0 cr2 0xffffffffff200000", fault},
         {"bad: scheduling from the idle thread!", locking},
         {"traps: Missing ENDBR: demo_call+0x0/0x10", fault},
         {"usercopy: kernel memory overwrite attempt detected to ffff8800 (<process stack>) (8 bytes)",
          assertion}});
    for (auto const& [line, kind] : kinds) {
        INFO(line);
        auto const reports = scan({"[    5.123456] ", line, "\n"});
        REQUIRE(reports.size() == 1);
        CHECK(reports[0].kind == kind);
    }
}

TEST_CASE("a line that repeats a phrase without end takes no longer than others", "[splat]") {
    for (std::string_view const phrase :
         {"INFO: task ", "BUG: KASAN: a-", "general protection fault", "[1.", "+0x1/", "\x1b["}) {
        std::string line;
        while (line.size() < 1'000'000) line += phrase;
        CHECK(scan({line, "\nKernel panic - not syncing: x\n"}).back().fatal);
    }
}

TEST_CASE("a panic without times is printed once more and no second report", "[splat]") {
    auto const reports =
        scan({"Linux version 6.1.0 (a@b) #1\nBUG: unable to handle page fault for address: 10\n"
              "Kernel panic - not syncing: Fatal exception\n",
              "Linux version 6.1.0 (a@b) #1\nx\nBUG: unable to handle page fault for address: 10\n"
              "Kernel panic - not syncing: Fatal exception\n",
              "---[ end Kernel panic - not syncing: Fatal exception ]---\n"});
    REQUIRE(reports.size() == 1);
    CHECK(reports.front().text.ends_with("---[ end Kernel panic - not syncing: Fatal exception ]---\n"));
}
