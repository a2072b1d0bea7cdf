#pragma once

#include <ktest/result.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

/// What a case needs of the machine that its job runs on.
struct job_request {
    std::string name; ///< of the job: no other has it
    unsigned cpus = 1;
    std::uint64_t memory_mib = 0; ///< of all VMs, with QEMU's own
    std::uint64_t disk_mib = 0;   ///< of all scratch disks
    std::int64_t seconds = 0;     ///< after which the job may be killed
};

/// What no other job is called: `ktest-CASE-NONCE`, of characters that no scheduler takes for more than a
/// name (for Slurm a comma ends one), and not too long for any.
inline auto job_name(std::string_view test, std::string_view nonce) -> std::string {
    constexpr std::size_t longest = 100;
    constexpr std::size_t unique = 12;
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    std::string name{test.substr(0, longest)};
    for (auto& c : name)
        if (plain.find(c) == std::string_view::npos) c = '_';
    return fmt::format("ktest-{}-{}", name, nonce.substr(0, unique));
}

/// What starts a job and ends when the job does, and what cancels it: command lines in which `{cpus}`,
/// `{mem_mib}`, `{disk_mib}`, `{seconds}` and `{name}` stand for what is asked for.
struct launcher {
    std::vector<std::string> start;
    std::vector<std::string> cancel; ///< empty: whoever ends `start` ends the job
    friend auto operator==(launcher const&, launcher const&) -> bool = default;
};

/// A word of a launcher's command line with the values in the places of their names; `{` stands for itself
/// where no name in braces follows. An unknown name is an error.
inline auto fill_placeholders(std::string_view word, job_request const& job) -> result<std::string> {
    std::array const values{std::pair{std::string_view{"cpus"}, std::to_string(job.cpus)},
                            std::pair{std::string_view{"mem_mib"}, std::to_string(job.memory_mib)},
                            std::pair{std::string_view{"disk_mib"}, std::to_string(job.disk_mib)},
                            std::pair{std::string_view{"seconds"}, std::to_string(job.seconds)},
                            std::pair{std::string_view{"name"}, job.name}};
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz_";
    std::string filled;
    while (!word.empty()) {
        auto const begin = word.find('{');
        filled += word.substr(0, begin);
        if (begin == std::string_view::npos) break;
        word.remove_prefix(begin + 1);
        auto const end = word.find_first_not_of(letters);
        if (end == 0 || end == std::string_view::npos || word[end] != '}') {
            filled += '{';
            continue;
        }
        auto const* value = std::find_if(values.begin(), values.end(),
                                         [&](auto const& each) { return each.first == word.substr(0, end); });
        if (value == values.end())
            return usage_error("KTEST_LAUNCHER: '{{{}}}' is not known (there are {{cpus}}, {{mem_mib}}, "
                               "{{disk_mib}}, {{seconds}}, {{name}})",
                               word.substr(0, end));
        filled += value->second;
        word.remove_prefix(end + 1);
    }
    return filled;
}

/// The same for a whole command line.
inline auto fill_placeholders(std::vector<std::string> const& words, job_request const& job)
    -> result<std::vector<std::string>> {
    std::vector<std::string> filled;
    for (auto const& word : words) {
        auto value = fill_placeholders(word, job);
        if (!value) return tl::unexpected{value.error()};
        filled.push_back(std::move(*value));
    }
    return filled;
}

/// Slurm's: one job a case. `arguments` are the site's (partition, account, ...). Disk is asked for only
/// where nodes say how much they have, for elsewhere srun refuses the question. A node of `exclude`, where it
/// is not empty, is not used, beside those that an argument `--exclude=` names.
inline auto slurm_launcher(std::vector<std::string> arguments, bool ask_for_disk, std::string_view exclude)
    -> launcher {
    constexpr std::string_view option = "--exclude=";
    launcher slurm{{"srun", "--quiet", "--unbuffered", "--nodes=1", "--ntasks=1", "--cpus-per-task={cpus}",
                    "--mem={mem_mib}M", "--time=0:{seconds}", "--job-name={name}", "--input=none",
                    "--mpi=none"},
                   {"scancel", "--quiet", "--name={name}"}};
    if (ask_for_disk) slurm.start.emplace_back("--tmp={disk_mib}M");
    auto excluded = exclude.empty();
    for (auto& argument : arguments) {
        if (!excluded && argument.starts_with(option)) {
            (argument += ',') += exclude;
            excluded = true;
        }
        slurm.start.push_back(std::move(argument));
    }
    if (!excluded) slurm.start.push_back(std::string{option} + std::string{exclude});
    return slurm;
}

/// The same within an allocation: one step of the job `allocation` a case. What cancels it finds it by its
/// name, and leaves the allocation alone.
inline auto slurm_step_launcher(std::vector<std::string> arguments, std::string const& allocation,
                                std::string_view exclude) -> launcher {
    auto step = slurm_launcher(std::move(arguments), false, exclude);
    step.start.insert(step.start.begin() + 1, {"--jobid=" + allocation, "--exact"});
    step.cancel = {"sh",
                   "-c",
                   R"(squeue --noheader --steps --jobs="$1" --format='%i %j' | sed -n "s/ $2\$//p" | )"
                   "xargs --no-run-if-empty scancel --quiet",
                   "sh",
                   allocation,
                   "{name}"};
    return step;
}

} // namespace ktest
