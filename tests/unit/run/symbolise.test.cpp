#include "catch.hpp"
#include "unit/kernel/debug_kernel.hpp"
#include <ktest/run/symbolise.hpp>

using namespace ktest;
using kernel_test::debug_kernel;

namespace {

/// A vmlinux and a module, and reports that its code could have made.
struct reported {
    debug_kernel kernel;
    symbol_source source{.vmlinux = kernel.vmlinux};

    auto size(std::filesystem::path const& file, std::string const& function, std::size_t which = 0) const {
        return text_symbols::read(*elf_object::open(file))->find(function).at(which).size;
    }
    /// `<function>+0x<offset>/0x<size>`, where its call of `callee` returns to.
    auto line(std::string const& function, std::string const& callee) const {
        return fmt::format("{}+{:#x}/{:#x}", function, kernel.return_offset(kernel.vmlinux, function, callee),
                           size(kernel.vmlinux, function));
    }
    auto module_line(std::string const& function, std::string const& callee) const {
        return fmt::format("{}+{:#x}/{:#x} [my_thing]", function,
                           kernel.return_offset(kernel.module, function, callee),
                           size(kernel.module, function));
    }
    auto operator()(std::string const& text) const -> symbolised { return symbolise({text}, source); }
    auto shown(std::string const& text) const -> std::string {
        return to_string((*this)(text).reports.at(0));
    }
};

} // namespace

TEST_CASE("a line of a trace has its line of source behind it, and what is inlined there below",
          "[symbols]") {
    reported const report;
    auto const& kernel = report.kernel;
    auto const raw = "[    1.234567]  " + report.line("one", "warn");
    auto const all = report("[    1.234566] Call Trace:\n" + raw + "\n[    1.234568]  </TASK>\n");
    CHECK(all.notes.empty());
    CHECK(to_string(all.reports.at(0))
          == fmt::format("[    1.234566] Call Trace:\n{} (drivers/one.c:{})\n"
                         "                  in check (include/linux/check.h:{})\n"
                         "                  in check_deep (include/linux/check.h:{})\n"
                         "[    1.234568]  </TASK>\n",
                         raw, kernel.line_of("drivers/one.c", "/* outermost"),
                         kernel.line_of("include/linux/check.h", "/* not so deep"),
                         kernel.line_of("include/linux/check.h", "/* deep")));
}

TEST_CASE("a call that never returns is looked up where it was made", "[symbols]") {
    reported const report;
    auto const wanted =
        fmt::format(" (drivers/one.c:{})", report.kernel.line_of("drivers/one.c", "/* the end"));
    auto const line = report.line("one", "die");
    CHECK(report.shown(line) == line + wanted + "\n");
    // As a program counter the very same address is something else.
    CHECK(report.shown("RIP: 0010:" + line).find(wanted) == std::string::npos);
    // On arm64 the trace begins with the program counter.
    CHECK(report.shown("pc : " + line + "\n " + line + "\n").find(wanted) == std::string::npos);
}

TEST_CASE("what is left on the stack and points between two functions is no call", "[symbols]") {
    reported const report;
    auto const size = report.size(report.kernel.vmlinux, "one");
    auto const end = fmt::format("one+{:#x}/{:#x}", size, size);
    CHECK(report.shown(" ? " + end) == " ? " + end + "\n");
    CHECK(report.shown(" one+0xffffff/" + fmt::format("{:#x}", size)).find("(") == std::string::npos);
}

TEST_CASE("functions of the same name are told apart by their size", "[symbols]") {
    reported const report;
    auto const& kernel = report.kernel;
    auto const first = report.size(kernel.vmlinux, "namesake", 0);
    auto const second = report.size(kernel.vmlinux, "namesake", 1);
    REQUIRE(first != second);
    CHECK(report.shown(fmt::format("namesake+0x0/{:#x}", std::min(first, second))).find("(drivers/one.c:")
          != std::string::npos);
    CHECK(report.shown(fmt::format("namesake+0x0/{:#x}", std::max(first, second))).find("(drivers/two.c:")
          != std::string::npos);
    REQUIRE(report.size(kernel.vmlinux, "twin", 0) == report.size(kernel.vmlinux, "twin", 1));
    auto const twin = fmt::format("twin+0x0/{:#x}", report.size(kernel.vmlinux, "twin"));
    CHECK(report.shown(twin) == twin + "\n");
}

TEST_CASE("a module's lines are looked up in the section that they are of", "[symbols]") {
    reported const report;
    auto const& kernel = report.kernel;
    auto const source = [&](char const* text) {
        return fmt::format(" (drivers/thing/my-thing.c:{})",
                           kernel.line_of("drivers/thing/my-thing.c", text));
    };
    auto const inside = report.module_line("thing_write", "warn");
    CHECK(report.shown(inside).rfind(
              inside + source("/* in the module") + "\n  in check (include/linux/check.h:", 0)
          == 0);
    auto const unlikely = report.module_line("thing_fail", "thing_write");
    CHECK(report.shown(unlikely) == unlikely + source("/* unlikely") + "\n");
    auto const start = report.module_line("init_module", "thing_fail");
    CHECK(report.shown(start) == start + source("/* start") + "\n");
    // The kernel says that the last function goes on to the end of the page.
    auto const offset = kernel.return_offset(kernel.module, "init_module", "thing_fail");
    CHECK(report.shown(fmt::format("init_module+{:#x}/0x1000 [my_thing]", offset)).find(source("/* start"))
          != std::string::npos);
}

TEST_CASE("a module's build id must be the one that the kernel printed", "[symbols]") {
    reported const report;
    auto line = report.module_line("thing_fail", "thing_write");
    line.insert(line.size() - 1, " 0123456789abcdef0123456789abcdef01234567");
    auto const all = report(line);
    CHECK(to_string(all.reports.at(0)) == line + "\n");
    CHECK(
        all.notes
        == std::vector{report.kernel.module.string() + ": is another build of the module than the report's"});
}

TEST_CASE("a bare address is looked up where it is known how far KASLR moved the kernel", "[symbols]") {
    reported report;
    auto const& kernel = report.kernel;
    auto const linked = linked_address(kernel.vmlinux).value();
    constexpr auto text = 0xffffffffa1000000;
    auto const line = fmt::format(" {:#x}", kernel.address(kernel.vmlinux, "one") - linked + text
                                                + kernel.return_offset(kernel.vmlinux, "one", "die"));
    CHECK(report.shown(line) == line + "\n");
    report.source.text = text;
    CHECK(report.shown(line)
          == fmt::format("{} (one drivers/one.c:{})\n", line, kernel.line_of("drivers/one.c", "/* the end")));
    CHECK(report.shown(" 0xffffffff00000000") == " 0xffffffff00000000\n");
}

TEST_CASE("another kernel's vmlinux answers nothing, and that is said once", "[symbols]") {
    reported report;
    auto const vmlinux = report.kernel.vmlinux.string();
    auto const line = report.line("one", "warn") + "\n";
    auto const refused = [&](std::string const& text, std::string const& note) {
        auto const all = symbolise({text, text}, report.source);
        CHECK(to_string(all.reports.at(0)) == text);
        CHECK(to_string(all.reports.at(1)) == text);
        CHECK(all.notes == std::vector{note});
    };
    auto const other_size = fmt::format("two+0x1/{:#x}\n", report.size(report.kernel.vmlinux, "two") + 16);
    refused(line + other_size + other_size,
            fmt::format(
                "{}: is of another kernel than the report: two has {:#x} bytes in the report, {:#x} there",
                vmlinux, report.size(report.kernel.vmlinux, "two") + 16,
                report.size(report.kernel.vmlinux, "two")));
    refused("CPU: 0 PID: 1 Comm: it Not tainted 6.1.0-test #4\n" + line,
            vmlinux + ": is 6.1.0-test #3, not the 6.1.0-test #4 of the report");
    refused("CPU: 0 PID: 1 Comm: it Not tainted 6.0.0 #3\n" + line,
            vmlinux + ": is 6.1.0-test #3, not the 6.0.0 #3 of the report, but another build");
    report.source.banner = std::string{debug_kernel::banner} + "5";
    refused(line, vmlinux + ": is 6.1.0-test #3, not the 6.1.0-test #3 of the report, but another build");
    // The very same kernel: a function that does not fit is left as it is, alone.
    report.source.banner = debug_kernel::banner;
    auto const all = report(line + other_size);
    CHECK(to_string(all.reports.at(0)).find("(drivers/one.c:") != std::string::npos);
    CHECK(to_string(all.reports.at(0)).find("\n" + other_size) != std::string::npos);
}

TEST_CASE("without a file, symbols, debug info or addr2line a report stays as it is, with a reason",
          "[symbols]") {
    reported report;
    auto const line = report.line("one", "warn") + "\n";
    auto const says = [&](std::filesystem::path const& vmlinux, std::string const& reason) {
        report.source.vmlinux = vmlinux;
        auto const all = report(line);
        CHECK(to_string(all.reports.at(0)) == line);
        REQUIRE(all.notes.size() == 1);
        CHECK_THAT(all.notes[0], Catch::Matchers::EndsWith(reason));
    };
    auto const build = report.kernel.build;
    says(build / "nowhere", "/nowhere: No such file or directory");
    report.kernel.run({"strip", "-g", "-o", "plain", "vmlinux"});
    says(build / "plain", "/plain: has no debug info (CONFIG_DEBUG_INFO)");
    report.kernel.run({"objcopy", "--remove-section=.symtab", "--strip-all", "--keep-section=.debug_line",
                       "vmlinux", "nameless"});
    says(build / "nameless", "/nameless: has no symbols (it was stripped)");
    says(report.kernel.tree / "drivers/one.c", "one.c: not an ELF file");
    report.source.time = std::chrono::milliseconds{0};
    says(report.kernel.vmlinux, "addr2line has not answered in time");
    report.source = {};
    CHECK(report(line).notes.empty());
    CHECK(report.shown("f+0x1/0x10 [nosuch]\n") == "f+0x1/0x10 [nosuch]\n");
    CHECK(report("f+0x1/0x10 [nosuch]\n").notes
          == std::vector<std::string>{"nosuch: no module of this name is found"});
}

TEST_CASE("the guilty function's own line is known, as an editor can open it", "[symbols]") {
    reported const report;
    auto const& kernel = report.kernel;
    auto const all = report(" ? " + report.line("two", "twin") + "\n " + report.line("one", "warn") + "\n "
                            + report.line("one", "die") + "\n");
    auto const& first = all.reports.at(0);
    auto const place = place_of(first, "one.isra.0");
    REQUIRE(place);
    CHECK(place->function == "one");
    CHECK(place->line == kernel.line_of("drivers/one.c", "/* outermost"));
    CHECK(openable(first, *place, kernel.tree) == "drivers/one.c");
    CHECK(openable(first, *place, kernel.tree / "drivers") == "one.c");
    CHECK(openable(first, *place, "/") == (kernel.tree / "drivers/one.c").string().substr(1));
    CHECK(openable(first, *place, "/nowhere") == (kernel.tree / "drivers/one.c").string());
    std::filesystem::remove(kernel.tree / "drivers/one.c");
    CHECK(openable(first, *place, "/nowhere") == "drivers/one.c");
    CHECK(place_of(first, "two")); // better than nothing
    CHECK_FALSE(place_of(first, "three"));
}

TEST_CASE("thousands of lines are one question", "[symbols]") {
    reported const report;
    std::string text;
    for (auto i = 0; i < 5000; ++i) text += report.kernel.banner + std::string{"\n"};
    auto const line = report.line("one", "warn") + "\r\n";
    for (auto i = 0; i < 5000; ++i) text += line;
    auto const all = report(text);
    CHECK(all.reports.at(0).lines.size() == 10000);
    for (auto const& each : all.reports.at(0).lines) CHECK(each.places.size() == (each.stack ? 3 : 0));
}
