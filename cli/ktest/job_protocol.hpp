#pragma once

#include "../report_error.hpp"
#include <ktest/host.hpp>
#include <ktest/report/job_record.hpp>

namespace ktest::cli {

// What `ktest launch` and the `ktest run` in its job tell each other by files in a directory that both see.

inline auto nonce_file(std::filesystem::path const& directory) { return directory / "nonce"; }
inline auto host_file(std::filesystem::path const& directory) { return directory / "host"; }
inline auto record_file(std::filesystem::path const& directory) { return directory / "record.json"; }

/// A node as the scheduler, or whoever started ktest there, calls it, for several may be one host; else the
/// host's name.
inline auto node_name() -> std::string {
    for (auto const* variable : {"SLURMD_NODENAME", "KTEST_HOST"})
        if (auto const* const node = std::getenv(variable); node != nullptr) return node;
    return this_host().name;
}

/// A job's run begins; its nonce. The line is what CTest's clock starts by.
inline auto begin_job(std::filesystem::path const& directory, std::filesystem::path const& test)
    -> result<std::string> {
    auto nonce = read_file(nonce_file(directory));
    if (!nonce)
        return unavailable("{}: {} does not see it: the build tree must be on a file system that all nodes "
                           "share",
                           directory.string(), node_name());
    if (auto kept = write_file(host_file(directory), node_name()); !kept) return tl::unexpected{kept.error()};
    tell("{} runs on {}", test.filename().string(), node_name());
    return nonce;
}

/// A job's run has ended: the status to end with.
inline auto end_job(std::filesystem::path const& directory, job_record const& record) -> int {
    auto const written = write_file(record_file(directory), to_json(record));
    return written ? record.exit_status : report(written.error());
}

} // namespace ktest::cli
