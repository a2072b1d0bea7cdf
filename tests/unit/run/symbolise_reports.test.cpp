#include "catch.hpp"
#include "unit/kernel/debug_kernel.hpp"
#include <ktest/run/symbolise_reports.hpp>

using namespace ktest;
using kernel_test::debug_kernel;

namespace {

auto report_in(debug_kernel const& kernel, std::string const& function, std::string const& callee)
    -> kernel_report {
    auto const object = elf_object::open(kernel.vmlinux);
    auto const size = text_symbols::read(*object)->find(function).at(0).size;
    kernel_report report;
    report.what.guilty_function = function;
    report.what.text = fmt::format(" {}+{:#x}/{:#x}\n", function,
                                   kernel.return_offset(kernel.vmlinux, function, callee), size);
    return report;
}

} // namespace

TEST_CASE("a run's reports get lines of source where there is a vmlinux of its kernel", "[symbols]") {
    debug_kernel const kernel;
    std::vector reports{report_in(kernel, "one", "die"), report_in(kernel, "two", "twin")};
    auto const raw = reports;
    CHECK(symbolise_reports(reports, {}, "").empty());
    CHECK(reports == raw);

    auto const log = std::string{"[ 0.0] "} + debug_kernel::banner + "\n[ 1.0] more\n";
    CHECK(symbolise_reports(reports, {.vmlinux = kernel.vmlinux}, log).empty());
    auto const line = kernel.line_of("drivers/one.c", "/* the end");
    CHECK(reports[0].source_line == fmt::format("{}:{}", (kernel.tree / "drivers/one.c").string(), line));
    auto const text = reports[0].what.text.substr(0, reports[0].what.text.size() - 1);
    CHECK(reports[0].symbolised == fmt::format("{} (drivers/one.c:{})\n", text, line));
    CHECK(reports[0].what == raw[0].what);
    CHECK(reports[1].source_line.find("/drivers/two.c:") != std::string::npos);

    reports = raw;
    CHECK(symbolise_reports(reports, {.vmlinux = kernel.vmlinux}, log.substr(0, 50) + "other\n").size() == 1);
    CHECK(reports[0].symbolised == raw[0].what.text);
    CHECK(reports[0].source_line.empty());
}
