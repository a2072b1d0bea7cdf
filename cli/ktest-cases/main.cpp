// Asks scripts what they need, for CMake. A program of its own, for CMake starts it in every call of
// ktest_add_test(): static, without the libraries of `ktest`, it starts five times as fast. And a project
// that has ktest's sources within its own compiles it while it is being configured, before there is a
// `ktest`.

#include <ktest/file.hpp>
#include <ktest/run/ask_all_deps.hpp>
#include <ktest/run/test_environment.hpp>
#include <ktest/spec/ctest_needs.hpp>
#include <ktest/spec/join.hpp>

#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <thread>

#include <fnmatch.h>

namespace {

using namespace ktest;
using std::filesystem::path;

/// The files below a directory whose names match, in the order of their names; links to directories are not
/// followed.
auto scripts_below(path const& directory, std::string const& pattern) -> result<std::vector<path>> {
    std::vector<path> scripts;
    std::error_code failed;
    std::filesystem::recursive_directory_iterator entry{directory, failed};
    for (; !failed && entry != std::filesystem::recursive_directory_iterator{}; entry.increment(failed)) {
        std::error_code gone;
        if (entry->is_regular_file(gone)
            && ::fnmatch(pattern.c_str(), entry->path().filename().c_str(), FNM_PERIOD) == 0)
            scripts.push_back(entry->path());
    }
    if (failed) return system_failure(failed.value(), "{}", directory.string());
    std::sort(scripts.begin(), scripts.end());
    return scripts;
}

auto in_one_line(std::string text) -> std::string {
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
    return text;
}

/// Two lines: the script, and `MEMORY PROCESSORS DISK MACHINES TIMEOUT SUBTEST,...` (`-`: none) or `error
/// WHY`.
auto answer(path const& script, std::vector<std::string> const& arguments) -> std::string {
    auto const spec = ask_all_deps(script, arguments, test_environment())
                          .and_then([](std::vector<asked_script> const& all) { return join(all); });
    if (!spec) return fmt::format("{}\nerror {}\n", script.string(), in_one_line(spec.error().message));
    auto const needs = needs_of(*spec);
    return fmt::format("{}\n{} {} {} {} {} {}\n", script.string(), needs.memory_mib, needs.processors,
                       needs.disk_mib, needs.machines,
                       spec->timeout ? std::to_string(spec->timeout->count()) : "-",
                       spec->tests.empty() ? "-" : fmt::format("{}", fmt::join(spec->tests, ",")));
}

/// Asks as many at once as there are processors; the answers come in order.
auto answer_all(std::vector<path> const& scripts, std::vector<std::string> const& arguments) -> result<void> {
    for (auto const& script : scripts)
        if (script.native().find('\n') != std::string::npos)
            return usage_error("a test's name cannot have a line break: {}", in_one_line(script.string()));
    std::vector<std::string> answers(scripts.size());
    std::atomic<std::size_t> next = 0;
    auto const work = [&] {
        for (auto mine = next++; mine < scripts.size(); mine = next++)
            answers[mine] = answer(scripts[mine], arguments);
    };
    {
        std::vector<std::jthread> others;
        for (std::size_t i = 1;
             i < std::min<std::size_t>(scripts.size(), std::thread::hardware_concurrency()); ++i)
            others.emplace_back(work);
        work();
    }
    return write_all(STDOUT_FILENO, fmt::format("{}", fmt::join(answers, "")));
}

/// `SCRIPT... -- ARGUMENT...` or `--below DIRECTORY PATTERN -- ARGUMENT...`
auto run(std::vector<std::string> const& words) -> result<void> {
    auto const dashes = std::find(words.begin(), words.end(), "--");
    std::vector<std::string> const arguments(dashes == words.end() ? dashes : dashes + 1, words.end());
    auto const answer_these = [&](std::vector<path> const& scripts) {
        return answer_all(scripts, arguments);
    };
    if (words.size() >= 3 && words[0] == "--below")
        return scripts_below(words[1], words[2]).and_then(answer_these);
    std::vector<path> scripts;
    for (auto word = words.begin(); word != dashes; ++word)
        scripts.push_back(std::filesystem::absolute(*word).lexically_normal());
    return answer_these(scripts);
}

} // namespace

auto main(int argc, char** argv) -> int {
    auto const done = run({argv + 1, argv + argc});
    if (!done) fmt::print(stderr, "ktest-cases: {}\n", done.error().message);
    return done ? 0 : 2;
}
