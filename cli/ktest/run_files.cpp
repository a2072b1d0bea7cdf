#include "run_files.hpp"

#include "../report_error.hpp"
#include <ktest/report/junit.hpp>
#include <ktest/report/result_json.hpp>
#include <ktest/report/verdict_line.hpp>

namespace ktest::cli {

namespace {

/// The command line that runs it again: this one; of one run among many, that one alone with its seed.
auto command_line(run_options const& options, test_plan const& plan) -> std::vector<std::string> {
    std::vector<std::string> words;
    auto const own_arguments = read_file("/proc/self/cmdline").value_or(""); // each ends with a NUL
    for (std::string_view rest = own_arguments; !rest.empty(); rest.remove_prefix(words.back().size() + 1))
        words.emplace_back(rest.substr(0, rest.find('\0')));
    if (!words.empty()) words.front() = "ktest";
    words = without_options(words, ctest_option_forms());
    if (options.directory.empty()) return words;
    words = without_options(words, repeat_option_forms());
    words.insert(words.begin() + std::min<std::ptrdiff_t>(std::ssize(words), 2),
                 {"--seed", std::to_string(plan.seed)});
    return words;
}

/// What a run left, by names below its directory; `.lock` only says that it goes on.
auto artefacts_in(std::filesystem::path const& directory) -> std::vector<std::string> {
    std::vector<std::string> names;
    std::error_code failed;
    for (auto const& entry : std::filesystem::recursive_directory_iterator{directory, failed})
        if (entry.is_regular_file(failed) && entry.path() != directory / ".lock")
            names.push_back(entry.path().lexically_relative(directory).string());
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace

auto begin_report(run_options const& options, test_plan const& plan) -> run_report {
    auto const& machine = plan.machine;
    return {.test = plan.name,
            .script = options.request.script,
            .chosen = options.request.subtests,
            .arguments = options.request.arguments,
            .kernel_name = machine.kernel.name,
            .kernel_release = machine.kernel.release,
            .image = machine.root_image,
            .accelerator = std::string{to_string(machine.acceleration)},
            .memory = machine.memory,
            .cpus = machine.cpus,
            .scratch = machine.scratch,
            .seed = plan.seed,
            .nonce = plan.start.nonce,
            .started_at = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
            .host = this_host().name,
            .command = command_line(options, plan)};
}

auto make_output_directory(run_options const& options, run_report const& report, paths const& where)
    -> result<run_directory> {
    auto const base = options.output.empty() ? std::filesystem::path{".ktest/out"} : options.output;
    return make_run_directory(std::filesystem::absolute(base),
                              options.output.empty() ? where.runtime / "out" : std::filesystem::path{},
                              report.test, report.started_at);
}

auto write_results(std::filesystem::path const& directory, run_options const& options,
                   std::string const& json, std::string const& junit, progress& console) -> bool {
    auto all = true;
    for (auto const& [path, text] :
         {std::pair{directory / "result.json", &json}, std::pair{directory / "junit.xml", &junit},
          std::pair{options.json, &json}, std::pair{options.junit, &junit}}) {
        auto const written = path.empty() ? result<void>{} : write_file(path, *text);
        if (!written) console.line(fmt::format("ktest: {}", written.error().message));
        all = all && written;
    }
    return all;
}

auto run_directory_for(run_options const& options, run_report const& report, paths const& where,
                       progress& console) -> result<run_directory> {
    if (!options.directory.empty()) return run_directory{.path = options.directory};
    return make_output_directory(options, report, where).map([&](run_directory made) {
        if (!made.notice.empty()) console.line("ktest: " + made.notice);
        return made;
    });
}

void conclude(run_report& report, run_options const& options, std::string const& output, progress& console) {
    report.artefacts = artefacts_in(report.directory);
    auto const written =
        write_results(report.directory, options, result_json(report), junit_xml(report, output), console);
    if (!written && std::holds_alternative<passed>(report.verdict))
        report.verdict = unavailable_host{"it passed, but its results could not be written"};
    console.clear();
    (void)write_all(STDERR_FILENO, verdict_text(report, console.colour()));
    if (options.ctest) (void)write_all(STDERR_FILENO, ctest_lines(report, options.ctest, output.size()));
}

} // namespace ktest::cli
