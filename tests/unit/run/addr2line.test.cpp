#include "catch.hpp"
#include "unit/spec/spec_test.hpp"
#include <ktest/run/addr2line.hpp>

using namespace ktest;
using namespace std::chrono_literals;

namespace {

/// PATH for the time of a test.
struct other_path {
    std::string const before = std::getenv("PATH");
    explicit other_path(std::filesystem::path const& first, bool alone = false) {
        ::setenv("PATH", (first.string() + (alone ? "" : ":" + before)).c_str(), 1);
    }
    other_path(other_path const&) = delete;
    auto operator=(other_path const&) -> other_path& = delete;
    ~other_path() { ::setenv("PATH", before.c_str(), 1); }
};

auto soon(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

} // namespace

TEST_CASE("what addr2line prints is read with what is inlined", "[symbols]") {
    auto const all =
        parse_addr2line("0x0000000000000010\ninner\n/l/a.h:3\nouter\n/l/a.c:7 (discriminator 2)\n"
                        "0x20\n??\n??:0\n0x30\nf\na.c:?\n0x40\ninner\na.h:?\nouter\n/l/a.c:9\n"
                        "0x50\ninner\na.h:1\nouter\n??:?\n");
    CHECK(all.at(0x10) == inlined_places{{"inner", "/l/a.h", 3}, {"outer", "/l/a.c", 7}});
    CHECK(all.at(0x20).empty());
    CHECK(all.at(0x30).empty());
    CHECK(all.at(0x40) == inlined_places{{"outer", "/l/a.c", 9}});
    CHECK(all.at(0x50).empty());
    CHECK(parse_addr2line("").empty());
    CHECK(parse_addr2line("nonsense\nmore nonsense:12\n").empty());
    CHECK(parse_addr2line("0x10\nfunction").at(0x10).empty());
}

TEST_CASE("an addr2line that is missing, fails, lies or hangs is not waited for", "[symbols]") {
    spec_test::scratch_directory const programs;
    address_query const query{.file = "/l/vmlinux", .section = ".text", .addresses = {16}};
    auto const script = [&](std::string const& text) {
        programs.write("addr2line", "#!/bin/sh\n" + text + "\n", 0755);
    };
    {
        other_path const alone{programs.path, true};
        CHECK(ask_addr2line(query, soon(10s)).error().message
              == "addr2line is not installed: apt-get install binutils");
    }
    other_path const first{programs.path};
    script("echo 'addr2line: strange file' >&2; exit 1");
    CHECK(ask_addr2line(query, soon(10s)).error().message
          == "addr2line cannot read /l/vmlinux: addr2line: strange file");
    script("echo 'what?'");
    CHECK(ask_addr2line(query, soon(10s))->empty());
    script("read address; printf '%s\\nf\\n/l/a.c:1\\n' $address");
    CHECK(ask_addr2line(query, soon(10s))->at(16) == inlined_places{{"f", "/l/a.c", 1}});
    script("exec sleep 1000");
    CHECK(ask_addr2line(query, soon(50ms)).error().message == "addr2line has not answered in time");
    script("exec yes");
    CHECK_FALSE(ask_addr2line(query, soon(10s)));
}
