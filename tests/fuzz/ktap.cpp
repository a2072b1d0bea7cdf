#include "fuzz.hpp"
#include <ktest/report/ktap.hpp>

using namespace ktest;

namespace {

auto read(std::string_view output, std::size_t piece) -> std::vector<subtest> {
    ktap_parser parser;
    for_each_cut(output, piece, [&](std::string_view bytes) { parser.feed(bytes); });
    return parser.finish();
}

/// As KTAP writes it; what it has no word for (`missing`) becomes a failure.
auto write(std::vector<subtest>& results) -> std::string {
    auto text = fmt::format("KTAP version 1\n1..{}\n", results.size());
    auto number = 0;
    for (auto& [name, what, detail, diagnostics] : results) {
        diagnostics.clear();
        if (what == outcome::missing) what = outcome::failed;
        auto const ok = what == outcome::passed || what == outcome::skipped;
        auto const* const directive = what == outcome::skipped            ? "SKIP"
                                      : what == outcome::timed_out        ? "TIMEOUT"
                                      : what == outcome::expected_failure ? "XFAIL"
                                                                          : "ERROR";
        std::string escaped;
        for (auto const c : name) (c == '#' ? escaped += '\\' : escaped) += c;
        text +=
            fmt::format("{} {} - {} # {} {}\n", ok ? "ok" : "not ok", ++number, escaped, directive, detail);
    }
    return text;
}

} // namespace

void fuzz(std::string_view input) {
    auto const piece = take_piece_size(input);
    auto results = read(input, piece);
    always(results == parse_ktap(input));
    if (input.find('\r') != std::string_view::npos) return;
    always(results == parse_ktap(with_other_line_ends(input)));

    std::size_t size = 0;
    auto cut = false;
    for (auto const& one : results) {
        always(!one.name.empty() && one.diagnostics.size() <= ktap_parser::diagnostics_limit);
        cut = cut || one.name.size() > ktap_parser::name_limit;
        size += one.name.size() + one.detail.size() + one.diagnostics.size();
    }
    always(size <= 200 * (input.size() + 1)); // a guest cannot fill the host's memory with a few lines

    if (cut) return;
    auto const text = write(results);
    always(parse_ktap(text) == results);
}
