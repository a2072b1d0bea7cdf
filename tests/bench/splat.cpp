// How fast kernel logs are searched for reports, in MB of log per second of one core.

#include <ktest/file.hpp>
#include <ktest/run/splat_scanner.hpp>

#include <chrono>
#include <cstdio>

#include <time.h>

namespace {

using namespace ktest;

auto processor_seconds() -> double {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void measure(std::string const& name, std::string_view log) {
    constexpr std::size_t piece = 1U << 16U, enough = 1U << 27U;
    std::size_t size = 0, events = 0;
    auto const begun = processor_seconds();
    while (size < enough) {
        splat_scanner scanner; // so that no report is one that it has seen
        for (std::size_t at = 0; at < log.size(); at += piece)
            events += scanner.feed(log.substr(at, piece)).size();
        events += scanner.flush().size();
        size += log.size();
    }
    auto const seconds = processor_seconds() - begun;
    fmt::print("{:<40} {:6.0f} MB/s, {} events\n", name, static_cast<double>(size) / 1e6 / seconds, events);
}

} // namespace

auto main(int argc, char** argv) -> int {
    for (auto i = 1; i < argc; ++i) {
        auto const log = read_file(argv[i]);
        if (!log) {
            fmt::print(stderr, "bench: {}\n", log.error().message);
            return 1;
        }
        measure(std::filesystem::path{argv[i]}.stem(), *log);
    }
}
