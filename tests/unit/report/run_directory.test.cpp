#include "catch.hpp"
#include <ktest/report/run_directory.hpp>

#include <atomic>
#include <fstream>
#include <set>
#include <thread>

using namespace ktest;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::sys_seconds noon{1795351501s}; // 2026-11-22 12:45:01

/// A directory of the test's own, gone with it.
class scratch_directory {
public:
    scratch_directory() {
        std::string name = "/tmp/ktest-report-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    scratch_directory(scratch_directory const&) = delete;
    auto operator=(scratch_directory const&) -> scratch_directory& = delete;
    ~scratch_directory() {
        fs::permissions(path_, fs::perms::owner_all);
        fs::remove_all(path_);
    }
    operator fs::path const&() const { return path_; }
    auto operator/(std::string_view name) const { return path_ / name; }

private:
    fs::path path_;
};

/// A run that ended `minutes` after noon with this verdict.
auto old_run(fs::path const& base, int minutes, std::string_view said) -> fs::path {
    auto const run = base / "t" / run_name(noon + std::chrono::minutes{minutes}, 0);
    fs::create_directories(run);
    if (!said.empty()) std::ofstream{run / "result.json"} << fmt::format("{{\"verdict\": \"{}\"}}", said);
    return run;
}

auto runs(fs::path const& base) { return detail::run_names(base / "t").size(); }
auto later(int minutes) { return noon + std::chrono::minutes{minutes}; }

} // namespace

TEST_CASE("a run's directory is named by the test and the time", "[run_directory]") {
    scratch_directory const base;
    auto const made = make_run_directory(base, "", "bcache", noon);
    REQUIRE(made);
    CHECK(made->path.parent_path() == base / "bcache");
    CHECK(made->path.filename().string().substr(0, 16) == "20261122T124501-");
    CHECK(detail::is_run_name(made->path.filename().string()));
    CHECK(fs::is_directory(made->path));
    CHECK(made->notice.empty());
    CHECK(made->lock);
}

TEST_CASE("the names of runs sort by time", "[run_directory]") {
    CHECK(run_name(noon, 0x3f2a) == "20261122T124501-3f2a");
    CHECK(run_name(noon, 0xffff) < run_name(noon + 1s, 0));
    CHECK(run_name(noon + 24h, 7) == "20261123T124501-0007");
}

TEST_CASE("latest is a relative link to the newest run", "[run_directory]") {
    scratch_directory const base;
    auto const first = make_run_directory(base, "", "t", noon);
    auto const second = make_run_directory(base, "", "t", noon + 1s);
    REQUIRE((first && second));
    CHECK(fs::read_symlink(base / "t/latest") == second->path.filename());
    CHECK(fs::equivalent(base / "t/latest", second->path));
    CHECK(std::distance(fs::directory_iterator{base / "t"}, {}) == 3);
}

TEST_CASE("a latest that is not ours is left alone and told of", "[run_directory]") {
    scratch_directory const base;
    fs::create_directories(base / "t/latest/kept");
    auto const made = make_run_directory(base, "", "t", noon);
    REQUIRE(made);
    CHECK(made->notice.find("t/latest: cannot be linked") != std::string::npos);
    CHECK(fs::exists(base / "t/latest/kept"));
}

TEST_CASE("names of tests become names of directories, never two the same", "[run_directory]") {
    CHECK(directory_name("bcache") == "bcache");
    CHECK(directory_name("xfs-1.2_a+b,c=d@e") == "xfs-1.2_a+b,c=d@e");
    CHECK(directory_name("a b") == "a%20b");
    CHECK(directory_name("net/tcp") == "net%2Ftcp");
    CHECK(directory_name("..") == "%2E.");
    CHECK(directory_name(".hidden") == "%2Ehidden");
    CHECK(directory_name("-rf") == "%2Drf");
    CHECK(directory_name("a%20b") == "a%2520b");
    CHECK(directory_name("ü\n") == "%C3%BC%0A");
    CHECK(directory_name("") == "%");
    std::vector<std::string> const names{"",
                                         "%",
                                         ".",
                                         "..",
                                         "/",
                                         "a/b",
                                         "a%2Fb",
                                         "a b",
                                         "a%20b",
                                         "%2E",
                                         "%-",
                                         "-",
                                         "%2D",
                                         "a.b",
                                         "a..b",
                                         std::string(300, 'a'),
                                         std::string(301, 'a'),
                                         std::string(300, ' '),
                                         std::string(200, 'a') + "%-",
                                         std::string(200, 'a')};
    std::set<std::string> mapped;
    for (auto const& name : names) {
        auto const directory = directory_name(name);
        CHECK(directory.size() < 255);
        CHECK(directory.find('/') == std::string::npos);
        CHECK(directory[0] != '.');
        mapped.insert(directory);
    }
    CHECK(mapped.size() == names.size());
}

TEST_CASE("a test with any name gets a directory within the base", "[run_directory]") {
    scratch_directory const base;
    for (std::string const& name :
         {std::string{"../../escape"}, std::string{".."}, std::string{"a\0b", 3}, std::string(5000, '/')}) {
        auto const made = make_run_directory(base, "", name, noon);
        REQUIRE(made);
        CHECK(made->path.parent_path().parent_path() == static_cast<fs::path const&>(base));
    }
}

TEST_CASE("the last ten runs are kept and older passes go", "[run_directory]") {
    scratch_directory const base;
    for (auto i = 0; i < 20; ++i) old_run(base, i, i % 2 == 0 ? "passed" : "skipped");
    REQUIRE(make_run_directory(base, "", "t", later(100)));
    CHECK(runs(base) == 10);
    CHECK(fs::exists(base / "t" / run_name(later(19), 0)));
    CHECK_FALSE(fs::exists(base / "t" / run_name(later(10), 0)));
}

TEST_CASE("the failures of the last hundred runs are kept, older ones go", "[run_directory]") {
    scratch_directory const base;
    for (auto i = 0; i < 110; ++i) old_run(base, i, i % 5 == 0 ? "failed" : "timed out");
    REQUIRE(make_run_directory(base, "", "t", later(200)));
    CHECK(runs(base) == 100);
    CHECK_FALSE(fs::exists(base / "t" / run_name(later(10), 0)));
    CHECK(fs::exists(base / "t" / run_name(later(11), 0)));
}

TEST_CASE("an old run that says nothing readable is kept like a failure", "[run_directory]") {
    scratch_directory const base;
    auto const nothing = old_run(base, 0, "");
    auto const half = old_run(base, 1, "");
    std::ofstream{half / "result.json"} << "{\"verdict\": \"pas";
    auto const pipe = old_run(base, 2, "");
    REQUIRE(::mkfifo((pipe / "result.json").c_str(), 0600) == 0);
    auto const pass = old_run(base, 3, "passed");
    for (auto i = 10; i < 20; ++i) old_run(base, i, "passed");
    remove_old_runs(base / "t");
    CHECK(fs::exists(nothing));
    CHECK(fs::exists(half));
    CHECK(fs::exists(pipe));
    CHECK_FALSE(fs::exists(pass));
}

TEST_CASE("a run in progress is never removed, and goes once it has ended", "[run_directory]") {
    scratch_directory const base;
    auto running = make_run_directory(base, "", "t", noon);
    REQUIRE(running);
    std::ofstream{running->path / "result.json"} << R"({"verdict": "passed"})";
    for (auto i = 1; i < 150; ++i) old_run(base, i, "passed");
    REQUIRE(make_run_directory(base, "", "t", later(200)));
    CHECK(fs::exists(running->path));
    CHECK(runs(base) == 11);
    running->lock.close();
    REQUIRE(make_run_directory(base, "", "t", later(201)));
    CHECK_FALSE(fs::exists(running->path));
}

TEST_CASE("a run whose clock was set back survives its own making", "[run_directory]") {
    scratch_directory const base;
    for (auto i = 0; i < 150; ++i) old_run(base, i, "passed");
    auto const made = make_run_directory(base, "", "t", noon - 24h);
    REQUIRE(made);
    CHECK(fs::exists(made->path));
}

TEST_CASE("what is not a run is never removed, and no link is followed", "[run_directory]") {
    scratch_directory const base;
    scratch_directory const outside;
    std::ofstream{outside / "precious"} << "x";
    std::ofstream{outside / "result.json"} << R"({"verdict": "passed"})";
    for (auto i = 10; i < 30; ++i) old_run(base, i, "passed");
    auto const with_links = old_run(base, 0, "passed");
    fs::create_directory_symlink(outside, with_links / "link");
    fs::create_symlink(outside / "precious", with_links / "test.log");
    auto const linked_run = base / "t" / run_name(later(1), 0);
    fs::create_directory_symlink(outside, linked_run);
    fs::create_directories(base / "t/my notes");
    std::ofstream{base / "t" / run_name(later(2), 0)} << "a file with a run's name";
    remove_old_runs(base / "t");
    CHECK_FALSE(fs::exists(with_links));
    CHECK(fs::exists(outside / "precious"));
    CHECK(fs::is_symlink(linked_run));
    CHECK_FALSE(fs::exists(outside / ".lock"));
    CHECK(fs::exists(base / "t/my notes"));
    CHECK(fs::exists(base / "t" / run_name(later(2), 0)));
}

TEST_CASE("a test's directory that is a link elsewhere is not cleaned", "[run_directory]") {
    scratch_directory const base;
    scratch_directory const outside;
    for (auto i = 0; i < 20; ++i) old_run(outside, i, "passed");
    fs::create_directory_symlink(outside / "t", base / "t");
    REQUIRE(make_run_directory(base, "", "t", later(100)));
    CHECK(runs(outside) == 21);
}

TEST_CASE("a link that a killed run left half made goes with the run", "[run_directory]") {
    scratch_directory const base;
    auto const run = old_run(base, 0, "passed");
    fs::create_symlink(run.filename(), base / ("t/.latest-" + run.filename().string()));
    for (auto i = 1; i < 20; ++i) old_run(base, i, "passed");
    remove_old_runs(base / "t");
    CHECK_FALSE(fs::is_symlink(fs::symlink_status(base / ("t/.latest-" + run.filename().string()))));
}

TEST_CASE("where the base cannot be written, the other serves and is told of", "[run_directory]") {
    scratch_directory const base;
    std::ofstream{base / "file"} << "x";
    auto const made = make_run_directory(base / "file", base / "elsewhere", "t", noon);
    REQUIRE(made);
    CHECK(made->path.parent_path() == base / "elsewhere/t");
    CHECK(made->notice
          == fmt::format("{}: Not a directory: the files of this run are in {}", (base / "file/t").string(),
                         made->path.string()));
}

TEST_CASE("a base that has become read-only is told of too", "[run_directory]") {
    if (::geteuid() == 0) return; // whom permissions do not stop
    scratch_directory const base;
    fs::create_directories(base / "a/t");
    fs::permissions(base / "a/t", fs::perms::owner_read | fs::perms::owner_exec);
    auto const made = make_run_directory(base / "a", base / "b", "t", noon);
    REQUIRE(made);
    CHECK(made->notice.find("Permission denied") != std::string::npos);
    fs::permissions(base / "a/t", fs::perms::owner_all);
}

TEST_CASE("where nothing can be written, the error names both places", "[run_directory]") {
    auto const alone = make_run_directory("/proc/ktest", "", "t", noon);
    REQUIRE_FALSE(alone);
    CHECK(alone.error().kind == fault::unavailable);
    CHECK(alone.error().message.substr(0, 13) == "/proc/ktest/t");
    auto const both = make_run_directory("/proc/one", "/proc/two", "t", noon);
    REQUIRE_FALSE(both);
    CHECK(both.error().message.find("/proc/one/t") != std::string::npos);
    CHECK(both.error().message.find("/proc/two/t") != std::string::npos);
}

TEST_CASE("many runs at once get directories of their own and remove none that is in progress",
          "[run_directory]") {
    scratch_directory const base;
    for (auto i = 0; i < 50; ++i) old_run(base, i, "passed");
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (auto t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            std::vector<run_directory> mine;
            for (auto i = 0; i < 25; ++i) {
                auto made = make_run_directory(
                    base, "", "t", noon); // older than what is there, so nothing but the lock protects it
                if (!made || !made->notice.empty())
                    ++wrong;
                else
                    mine.push_back(std::move(*made));
            }
            for (auto const& run : mine)
                if (!fs::exists(run.path / ".lock")) ++wrong;
        });
    for (auto& thread : threads) thread.join();
    CHECK(wrong == 0);
    CHECK(fs::exists(base / "t/latest"));
}

TEST_CASE("in a directory that another left here nothing is written, and the user is told",
          "[run_directory]") {
    if (::geteuid() != 0) return;
    scratch_directory const place;
    scratch_directory const fallback;
    fs::create_directory(place / ".ktest");
    REQUIRE(::chown((place / ".ktest").c_str(), 65534, 65534) == 0);
    auto const made = make_run_directory(place / ".ktest" / "out", fallback, "t", noon);
    REQUIRE(made);
    CHECK(made->path.parent_path() == fallback / "t");
    CHECK(made->notice.find(".ktest: another user's: the files of this run are in") != std::string::npos);
    CHECK(fs::is_empty(place / ".ktest"));
}
