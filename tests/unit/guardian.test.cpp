#include "catch.hpp"
#include <ktest/capture.hpp>
#include <ktest/file.hpp>

#include <algorithm>
#include <sstream>

using namespace ktest;
using namespace std::chrono_literals;

namespace {

/// Whether a process, not necessarily a child, ends; a minute is for ever.
auto ends(descriptor const& process) -> bool {
    pollfd waited{process.get(), POLLIN, 0};
    return ::poll(&waited, 1, 60000) == 1;
}

auto pidfd(pid_t pid) -> descriptor {
    return descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

/// Daemons of every kind, each telling its pid on descriptor 3, and a program that waits behind them.
constexpr auto leaves_daemons = "exec 3>&1; say() { echo $1 >&3; };"
                                "sleep 1000 & say $!;"
                                "setsid sh -c 'echo $$ >&3; sleep 1000' &"
                                "(setsid sh -c '(trap \"\" TERM HUP; echo $(exec sh -c \"echo \\$PPID\") >&3;"
                                " while :; do sleep 1000; done) &' &);"
                                "say $$;";

auto read_pids(int from, std::size_t count) -> std::vector<pid_t> {
    std::string text;
    char c = 0;
    while (std::count(text.begin(), text.end(), '\n') < static_cast<std::ptrdiff_t>(count)
           && ::read(from, &c, 1) == 1)
        text += c;
    std::istringstream words{text};
    std::vector<pid_t> pids;
    for (pid_t pid = 0; words >> pid;) pids.push_back(pid);
    return pids;
}

struct started {
    child_process child;
    descriptor in;                ///< its standard input
    std::vector<descriptor> left; ///< what it left in the background, and itself
};

auto start_with_daemons(std::string const& last_words) -> started {
    std::array<int, 2> out{};
    std::array<int, 2> in{};
    REQUIRE(::pipe2(out.data(), O_CLOEXEC) == 0);
    REQUIRE(::pipe2(in.data(), O_CLOEXEC) == 0);
    descriptor const told{out[0]};
    descriptor tell{out[1]};
    descriptor const theirs{in[0]};
    started all{{}, descriptor{in[1]}, {}};
    auto child = start({.arguments = {"sh", "-c", leaves_daemons + last_words},
                        .descriptors = {{theirs.get(), 0}, {tell.get(), 1}},
                        .guarded = true});
    REQUIRE(child);
    tell.close();
    all.child = std::move(*child);
    for (auto const pid : read_pids(told.get(), 4)) all.left.push_back(pidfd(pid));
    REQUIRE(all.left.size() == 4);
    return all;
}

} // namespace

TEST_CASE("a guarded program's output and exit status are its own", "[guardian]") {
    auto const got = capture({.arguments = {"sh", "-c", "echo out; echo err >&2; exit 3"}, .guarded = true});
    REQUIRE(got);
    CHECK(got->out == "out\n");
    CHECK(got->err == "err\n");
    CHECK(WIFEXITED(got->status));
    CHECK(WEXITSTATUS(got->status) == 3);
}

TEST_CASE("a guardian ends by the signal that ended its program", "[guardian]") {
    for (auto const number : {SIGKILL, SIGTERM, SIGSEGV}) {
        auto const got =
            capture({.arguments = {"sh", "-c", fmt::format("kill -{} $$", number)}, .guarded = true});
        REQUIRE(got);
        CHECK(WIFSIGNALED(got->status));
        CHECK(WTERMSIG(got->status) == number);
    }
}

TEST_CASE("a guarded program that cannot be run is an error that names it", "[guardian]") {
    auto const got = capture({.arguments = {"/nonexistent/program"}, .guarded = true});
    REQUIRE_FALSE(got);
    CHECK(got.error().message.find("/nonexistent/program") != std::string::npos);
}

TEST_CASE("a guarded program holds no descriptor but its own, and default signals", "[guardian]") {
    auto const got = capture(
        {.arguments = {"sh", "-c", "ls /proc/$$/fd; grep SigBlk /proc/self/status"}, .guarded = true});
    REQUIRE(got);
    CHECK(got->out == "0\n1\n2\nSigBlk:\t0000000000000000\n");
}

TEST_CASE("a guardian holds no descriptor of ktest's", "[guardian]") {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    descriptor const out{pipe[0]};
    descriptor in{pipe[1]};
    // The program closes its end and lives on: the reader's end of file shows that the guardian has none
    // either.
    auto child = start(
        {.arguments = {"sh", "-c", "exec >&-; sleep 1000"}, .descriptors = {{in.get(), 1}}, .guarded = true});
    REQUIRE(child);
    in.close();
    CHECK(read_all(out.get()) == "");
}

TEST_CASE("what a guarded program left behind ends with it, daemons too", "[guardian]") {
    auto running = start_with_daemons("read line; exit 5");
    running.in.close();
    CHECK(WEXITSTATUS(running.child.wait()) == 5);
    for (auto const& process : running.left) CHECK(ends(process));
}

TEST_CASE("a guarded program and its daemons end when its owner lets it go", "[guardian]") {
    auto running = start_with_daemons("sleep 1000");
    running.child = child_process{};
    for (auto const& process : running.left) CHECK(ends(process));
}

TEST_CASE("a guarded program is asked to end before it is killed", "[guardian]") {
    auto const got =
        capture({.arguments = {"sh", "-c", "trap 'echo tidy; exit 9' TERM; yes >&2 & wait"}, .guarded = true},
                {.size = 1000});
    REQUIRE(got);
    CHECK(got->overflowed);
    CHECK(got->out == "tidy\n");
    CHECK(WEXITSTATUS(got->status) == 9);
}

TEST_CASE("a guarded program that will not end is killed, at once at the second signal", "[guardian]") {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    descriptor const out{pipe[0]};
    auto child = start({.arguments = {"sh", "-c", "trap '' TERM; echo $$; while :; do sleep 1000; done"},
                        .descriptors = {{pipe[1], 1}},
                        .guarded = true});
    ::close(pipe[1]);
    REQUIRE(child);
    read_pids(out.get(), 1);
    child->signal(SIGTERM);
    child->signal(SIGINT);
    auto const status = child->wait();
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
}

TEST_CASE("kill -9 of ktest leaves nothing of a guarded program", "[guardian]") {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    descriptor const out{pipe[0]};
    descriptor in{pipe[1]};
    auto const ktest = ::fork();
    if (ktest == 0) {
        auto const child = start({.arguments = {"sh", "-c", std::string{leaves_daemons} + "sleep 1000"},
                                  .descriptors = {{in.get(), 1}},
                                  .guarded = true});
        while (child) ::pause();
        ::_exit(1);
    }
    in.close();
    std::vector<descriptor> left;
    for (auto const pid : read_pids(out.get(), 4)) left.push_back(pidfd(pid));
    CHECK(left.size() == 4);
    ::kill(ktest, SIGKILL);
    ::waitpid(ktest, nullptr, 0);
    for (auto const& process : left) CHECK(ends(process));
    CHECK(read_all(out.get())); // its end: nobody holds the pipe any more
}

TEST_CASE(
    "when ktest is gone a guarded program may still say that it tidies up, and until then what is kept stays",
    "[guardian]") {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    descriptor const out{pipe[0]};
    descriptor in{pipe[1]};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    descriptor const still_kept{pipe[0]};
    descriptor kept{pipe[1]};
    auto const ktest = ::fork();
    if (ktest == 0) {
        (void)capture({.arguments = {"sh", "-c",
                                     "trap 'echo removing; sleep 0.1; echo tidy >&3; exit' TERM; echo $$ >&3;"
                                     "while :; do sleep 0.01; done"},
                       .descriptors = {{in.get(), 3}},
                       .guarded = true,
                       .kept = {kept.get()}});
        ::_exit(1);
    }
    in.close();
    kept.close();
    CHECK(read_pids(out.get(), 1).size() == 1);
    ::kill(ktest, SIGKILL);
    ::waitpid(ktest, nullptr, 0);
    CHECK(read_all(still_kept.get()) == "");
    CHECK(::fcntl(out.get(), F_SETFL, O_NONBLOCK) == 0);
    CHECK(read_all(out.get()) == "tidy\n"); // said before, and nobody can say more
}

TEST_CASE("a guardian finds its children where the kernel keeps no list of them", "[guardian]") {
    std::vector<pid_t> children(3);
    for (auto& child : children)
        if (child = ::fork(); child == 0) ::_exit(0);
    std::vector<pid_t> found;
    std::vector<pid_t> listed;
    detail::for_each_found_child([&](pid_t pid) { found.push_back(pid); });
    auto const has_list = detail::for_each_listed_child([&](pid_t pid) { listed.push_back(pid); });
    for (auto const child : children) {
        CHECK(std::count(found.begin(), found.end(), child) == 1);
        CHECK((!has_list || std::count(listed.begin(), listed.end(), child) == 1));
        ::waitpid(child, nullptr, 0);
    }
}

TEST_CASE("a chain of processes, each the last one's only child, ends with its guardian", "[guardian]") {
    auto const got = capture(
        {.arguments = {"sh", "-c", "hop() { (hop &); }; (trap \"\" TERM; hop) & yes"}, .guarded = true},
        {.size = 1U << 16U});
    REQUIRE(got);
    CHECK(got->overflowed);
}
