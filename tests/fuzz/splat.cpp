#include "fuzz.hpp"
#include <ktest/run/splat_scanner.hpp>

using namespace ktest;

namespace {

auto scan(std::string_view log, std::size_t piece) -> std::vector<splat_event> {
    splat_scanner scanner;
    std::vector<splat_event> all;
    auto const keep = [&](std::vector<splat_event> events) {
        for (auto& event : events) all.push_back(std::move(event));
    };
    for_each_cut(log, piece, [&](std::string_view bytes) { keep(scanner.feed(bytes)); });
    keep(scanner.flush());
    return all;
}

} // namespace

void fuzz(std::string_view input) {
    if (input.empty()) return;
    auto const piece = static_cast<unsigned char>(input.back()) + std::size_t{1}; // the corpus is saved logs
    auto const events = scan(input, piece);
    always(events == scan(input, input.size()));

    // What has begun ends, once, and no report is more than the log.
    auto const lines = static_cast<std::size_t>(std::count(input.begin(), input.end(), '\n')) + 1;
    std::size_t begun = 0, ended = 0, size = 0;
    for (auto const& event : events)
        if (auto const* end = std::get_if<splat_ended>(&event)) {
            ++ended;
            size += end->report.text.size();
            always(end->report.line >= 1 && end->report.line <= lines);
            always(!end->report.title.empty() && !end->report.fingerprint.empty());
        } else {
            ++begun;
        }
    always(begun == ended && size <= input.size() + ended);

    if (input.find_first_of("\r\x1b") == std::string_view::npos)
        always(events == scan(with_other_line_ends(input), piece));
}
