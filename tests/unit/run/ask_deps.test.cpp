#include "catch.hpp"
#include "unit/spec/spec_test.hpp"
#include <ktest/run/ask_deps.hpp>

using namespace ktest;
using namespace ktest::literals;
using namespace std::chrono_literals;
using spec_test::scratch_directory;

namespace {

struct asked_test {
    scratch_directory at{};
    std::filesystem::path path{};

    explicit asked_test(std::string const& text, mode_t mode = 0755) : path{at.write("a test", text, mode)} {}

    auto ask(std::vector<std::string> const& arguments = {},
             std::vector<std::string> const& variables = {}) const {
        return ask_deps(path, arguments, variables);
    }
    auto complaint(std::chrono::milliseconds time = 60s) const -> std::string {
        auto const got = ask_deps(path, {}, {}, deps_of::test, {.time = time, .size = 1U << 16U});
        REQUIRE_FALSE(got);
        CHECK(got.error().kind == fault::usage);
        auto message = got.error().message;
        for (auto found = message.find(path.string()); found != std::string::npos;
             found = message.find(path.string()))
            message.replace(found, path.string().size(), "T");
        return message;
    }
};

} // namespace

TEST_CASE("a test is asked for what it needs", "[ask_deps]") {
    asked_test const test{
        "#!/bin/sh\n[ \"$1\" = deps ] && echo MEM=512M && echo \"REQUIRE=$2,$3\" && exit\nexit 9\n"};
    auto const spec = test.ask({"a b", "c'd"});
    REQUIRE(spec);
    CHECK(spec->memory == 512_MiB);
    CHECK(spec->require == std::vector<std::string>{"a b", "c'd"});
}

TEST_CASE("a test that is asked sees its directory, PATH, HOME and the variables given, and nothing else",
          "[ask_deps]") {
    ::setenv("KTEST_OTHER", "1", 1);
    asked_test const test{"#!/bin/sh\necho MEM=1G; echo \"REQUIRE=$(pwd -P)\"\n"
                          "echo \"TESTS=$(env | sed -n 's/=.*//p' | grep -v -e '^_$' -e PWD -e SHLVL | sort "
                          "| tr '\\n' ,)end\"\n"
                          "echo \"APPEND=$KTEST_FSTYP\"\n"};
    auto const spec = test.ask({}, {"KTEST_FSTYP=xfs"});
    ::unsetenv("KTEST_OTHER");
    REQUIRE(spec);
    CHECK(spec->require.front() == std::filesystem::canonical(test.at.path));
    auto expected = std::vector<std::string>{"KTEST_FSTYP", "PATH", "end"};
    if (std::getenv("HOME") != nullptr) expected.insert(expected.begin(), "HOME");
    CHECK(spec->tests == expected);
    CHECK(spec->append == std::vector<std::string>{"xfs"});
}

TEST_CASE("a test's path may be relative, and a library need not say MEM", "[ask_deps]") {
    asked_test const test{"#!/bin/sh\n"};
    auto const before = std::filesystem::current_path();
    std::filesystem::current_path(test.at.path);
    CHECK(ask_deps("a test", {}, {}, deps_of::library) == test_spec{});
    auto const said = ask_deps("./a test", {}, {});
    std::filesystem::current_path(before);
    REQUIRE_FALSE(said);
    CHECK(said.error().message
          == "./a test:deps: it printed nothing (want KEY=VALUE lines, at least MEM=512M)");
}

TEST_CASE("a test that is asked finds what is beside it as it does in the guest", "[ask_deps]") {
    for (auto const* how : {". lib.sh", ". \"$(dirname \"$0\")/lib.sh\""}) {
        asked_test const test{fmt::format("#!/bin/sh\n{}\necho MEM=1G; requirements\n", how)};
        test.at.write("lib.sh", "requirements() { echo REQUIRE=mkfs.xfs; }\n");
        auto const spec = test.ask();
        REQUIRE(spec);
        CHECK(spec->require == std::vector<std::string>{"mkfs.xfs"});
    }
}

TEST_CASE("errors in the answer have the test's name and the line", "[ask_deps]") {
    CHECK(asked_test{"#!/bin/sh\necho MEM=1G\necho SCRATCH=2Q\n"}.complaint()
          == "T:deps:2: SCRATCH: '2Q' is not a size (want 512M, 2G, ...)");
}

TEST_CASE("a test that cannot be run is an error that says what to do", "[ask_deps]") {
    CHECK(asked_test{"#!/bin/sh\n", 0644}.complaint() == "T: is not executable: chmod +x T");
    CHECK(asked_test{"echo MEM=1G\n"}.complaint()
          == "T:1: neither a script nor a program: begin it with #!/bin/sh");
    CHECK(asked_test{""}.complaint() == "T:1: neither a script nor a program: begin it with #!/bin/sh");
    CHECK(asked_test{"#!/bin/sh\r\necho MEM=1G\r\n"}.complaint()
          == "T:1: its lines end in CR LF: sed -i 's/\\r$//' T");
    CHECK(asked_test{"#! /no/such/shell -e\n"}.complaint()
          == "T:1: its interpreter /no/such/shell -e cannot be run: cannot run T: No such file or directory");
    CHECK(asked_test{"#!" + std::string(100, '\x80') + "\n"}.complaint()
          == "T:1: its interpreter ... cannot be run: cannot run T: No such file or directory");
    CHECK(asked_test{"\x7f"
                     "ELF but no more"}
              .complaint()
          == "T: cannot run T: Exec format error");
    if (::geteuid() != 0)
        CHECK(asked_test{"#!/bin/sh\n", 0311}.complaint() == "T: cannot be read: chmod +r T");

    scratch_directory const at;
    auto const complaint = [&](std::filesystem::path const& path) {
        auto const got = ask_deps(at.path / path, {}, {});
        REQUIRE_FALSE(got);
        return got.error().message.substr(at.path.string().size());
    };
    CHECK(complaint("gone") == "/gone: there is no such test");
    CHECK(complaint("") == "/: is a directory: name a test in it");
    at.write("file", "");
    CHECK(complaint("file/x") == "/file/x: Not a directory");
    REQUIRE(::mkfifo((at.path / "pipe").c_str(), 0755) == 0);
    CHECK(complaint("pipe") == "/pipe: is not a regular file");
}

TEST_CASE("a test that fails to answer is an error with what it said", "[ask_deps]") {
    CHECK(asked_test{"#!/bin/sh\necho MEM=1G; echo 'no bash' >&2; echo 'go away' >&2; exit 3\n"}.complaint()
          == "T:deps: it ended with status 3:\n  no bash\n  go away");
    CHECK(asked_test{"#!/bin/sh\nexit 1\n"}.complaint() == "T:deps: it ended with status 1");
    CHECK(asked_test{"#!/bin/sh\nkill -9 $$\n"}.complaint() == "T:deps: it was killed by signal 9 (Killed)");
    CHECK(asked_test{"#!/bin/sh\nprintf 'MEM=1G\\n\\0\\n'\n"}.complaint()
          == "T:deps:2: byte 1 of the line (0x00) is not text");
}

TEST_CASE("a test that hangs or babbles is ended", "[ask_deps]") {
    CHECK_THAT(
        asked_test{"#!/bin/sh\nsleep 1000\n"}.complaint(300ms),
        Catch::Matchers::Equals("T:deps: it took more than 0.3 s: a test asked for `deps` answers at once"));
    CHECK(asked_test{"#!/bin/sh\nyes\n"}.complaint() == "T:deps: it printed more than 64K");
    CHECK(asked_test{"#!/bin/sh\nyes >&2\n"}.complaint().substr(0, 37)
          == "T:deps: it printed more than 64K:\n  y");
}

TEST_CASE("what a test left in the background neither holds its answer up nor stays", "[ask_deps]") {
    asked_test const test{"#!/bin/sh\nsetsid sleep 1000 &\necho MEM=1G; echo APPEND=$!\n"};
    auto const spec = test.ask();
    REQUIRE(spec);
    CHECK(::kill(std::stoi(spec->append.front()), 0) != 0);
    CHECK(errno == ESRCH);
}
