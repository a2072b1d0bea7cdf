#pragma once

#include "unit/spec/spec_test.hpp"
#include <ktest/capture.hpp>

#include <charconv>
#include <stdexcept>
#include <string>
#include <vector>

namespace kernel_test {

/// A small program with debug info that looks as a vmlinux does to whoever reads symbols, and a module; both
/// compiled anew from a source tree of their own.
struct debug_kernel {
    spec_test::scratch_directory directory;
    std::filesystem::path const tree = std::filesystem::canonical(directory.path) / "linux";
    std::filesystem::path const build = tree / ".ktest";
    std::filesystem::path const vmlinux = build / "vmlinux";
    std::filesystem::path const module = build / "drivers/thing/my-thing.ko";

    static constexpr auto banner =
        "Linux version 6.1.0-test (me@host) (gcc 12) #3 SMP Mon Jan  1 00:00:00 UTC 2024";

    debug_kernel() {
        directory.write("linux/init/main.c", main_source);
        directory.write("linux/include/linux/check.h", check_source);
        directory.write("linux/drivers/one.c", one_source);
        directory.write("linux/drivers/two.c", two_source);
        directory.write("linux/drivers/thing/my-thing.c", module_source);
        std::filesystem::create_directories(module.parent_path());
        compile("init/main.c", "main.o");
        compile("drivers/one.c", "one.o");
        compile("drivers/two.c", "two.o");
        compile("drivers/thing/my-thing.c", "drivers/thing/my-thing.ko");
        run({"gcc", "-static", "-nostdlib", "-no-pie", "-Wl,--build-id", "-Wl,-e,start_kernel", "main.o",
             "one.o", "two.o", "-o", "vmlinux"});
        directory.write("linux/.ktest/modules.order", "drivers/thing/my-thing.ko\n");
    }

    auto run(std::vector<std::string> arguments) const -> std::string {
        auto const done = ktest::capture({.arguments = std::move(arguments), .directory = build});
        if (!done || !done->succeeded()) throw std::runtime_error{done ? done->err : done.error().message};
        return done->out;
    }

    void compile(std::string const& source, std::string const& object) const {
        run({"gcc", "-c", "-g", "-O2", "-fcf-protection=none", "-fno-pic", "-fno-stack-protector",
             "-fno-asynchronous-unwind-tables", "-falign-functions=16", "-I../include", "../" + source, "-o",
             object});
    }

    /// The offset behind the call of `callee` in a function: what the kernel prints of a trace's line.
    auto return_offset(std::filesystem::path const& file, std::string const& function,
                       std::string const& callee) const -> std::uint64_t {
        auto const code = run({"objdump", "-d", "-r", "--no-show-raw-insn", file.string()});
        auto const head = code.find("<" + function + ">:\n");
        auto const body = code.substr(head, code.find("\n\n", head) - head);
        auto const named =
            body.find(callee + (body.find("<" + callee + ">") != std::string::npos ? ">" : "-0x4"));
        auto const call = body.rfind("call", named);
        if (head == std::string::npos || named == std::string::npos || call == std::string::npos)
            throw std::runtime_error{function + " does not call " + callee + "\n" + code};
        constexpr std::uint64_t call_size = 5;
        return number(body, body.rfind('\n', call) + 1) - address(file, function) + call_size;
    }

    auto address(std::filesystem::path const& file, std::string const& function) const -> std::uint64_t {
        auto const listed = run({"nm", file.string()});
        auto const name = listed.find(" " + function + "\n");
        return number(listed, listed.rfind('\n', name) + 1);
    }

    static auto number(std::string_view text, std::size_t at) -> std::uint64_t {
        at = text.find_first_not_of(' ', at);
        std::uint64_t value = 0;
        std::from_chars(text.data() + at, text.data() + text.size(), value, 16);
        return value;
    }

    /// The line of a file of the tree that holds a text.
    auto line_of(std::string const& file, std::string_view text) const -> unsigned {
        auto const source = ktest::read_file(tree / file).value_or("");
        auto const until = source.substr(0, source.find(text));
        return 1 + static_cast<unsigned>(std::count(until.begin(), until.end(), '\n'));
    }

    static constexpr auto main_source =
        R"(const char early_banner[] = "Linux version 6.1.0-test (me@host) (gcc 12) # SMP \n";
const char linux_banner[] =
    "Linux version 6.1.0-test (me@host) (gcc 12) #3 SMP Mon Jan  1 00:00:00 UTC 2024\n";
volatile int state;
void one(int), two(int);
void start_kernel(void)
{
    one(1);
    two(2);
    for (;;) state = 3;
}
__attribute__((noinline, noreturn)) void die(void)
{
    for (;;) state = 4;
}
__attribute__((noinline)) void warn(void)
{
    state = 5;
}
)";
    static constexpr auto check_source = R"(extern volatile int state;
void warn(void);
static inline __attribute__((always_inline)) void check_deep(int x)
{
    state = x;
    warn(); /* deep */
    state = 6;
}
static inline __attribute__((always_inline)) void check(int x)
{
    state = 7;
    check_deep(x); /* not so deep */
}
)";
    static constexpr auto one_source = R"(#include <linux/check.h>
__attribute__((noreturn)) void die(void);
static __attribute__((noinline)) void twin(int x)
{
    state = x;
    warn(); /* first twin */
    state = 8;
}
static __attribute__((noinline)) void namesake(int x)
{
    state = x + 1;
    warn(); /* first namesake */
    state = x + 1;
}
void one(int x)
{
    check(x); /* outermost */
    twin(x);
    namesake(x);
    die(); /* the end */
}
)";
    static constexpr auto two_source = R"(#include <linux/check.h>
static __attribute__((noinline)) void twin(int x)
{
    state = x;
    warn(); /* second twin */
    state = 9;
}
static __attribute__((noinline)) void namesake(int x)
{
    state = x;
    for (int i = 0; i < x; ++i) state = state * 3 + i / (x | 1);
    warn(); /* second namesake */
    state = x + 2;
}
void two(int x)
{
    twin(x);
    namesake(x);
    state = 10;
}
)";
    static constexpr auto module_source = R"(#include <linux/check.h>
__attribute__((noinline)) void thing_write(int x)
{
    check(x); /* in the module */
    state = 11;
}
__attribute__((noinline, section(".text.unlikely"))) void thing_fail(int x)
{
    thing_write(x); /* unlikely */
    state = 12;
}
__attribute__((section(".init.text"))) int init_module(void)
{
    state = 13;
    thing_fail(1); /* start */
    state = 14;
    return 0;
}
)";
};

} // namespace kernel_test
