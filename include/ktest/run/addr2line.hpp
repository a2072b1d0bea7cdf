#pragma once

#include <ktest/capture.hpp>
#include <ktest/file.hpp>
#include <ktest/program.hpp>
#include <ktest/take_line.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sys/mman.h>

namespace ktest {

/// A line of source code, and the function that it is in.
struct source_place {
    std::string function;
    std::string file;
    unsigned line = 0;
    friend auto operator==(source_place const&, source_place const&) -> bool = default;
};

/// The places that one address is: the innermost inlined function first, the function itself last. Empty:
/// there is no debug info about it.
using inlined_places = std::vector<source_place>;

/// What is asked of addr2line: addresses of a file, or, of a module, offsets in one of its sections.
struct address_query {
    std::filesystem::path file;
    std::string section; ///< empty: addresses as the file was linked
    std::vector<std::uint64_t> addresses;
};

namespace detail {

/// `file:line`, behind which may stand ` (discriminator 3)`; nullopt: `??:0`, `file:?`.
inline auto parse_place(std::string_view line) -> std::optional<source_place> {
    line = line.substr(0, line.find(" (discriminator"));
    auto const colon = line.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    source_place place{.file = std::string{line.substr(0, colon)}};
    auto const digits = line.substr(colon + 1);
    auto const [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), place.line);
    if (failed != std::errc{} || end != digits.data() + digits.size() || place.line == 0
        || place.file == "??")
        return std::nullopt;
    return place;
}

} // namespace detail

/// What `addr2line -a -f -i` printed, by address: the functions that an address is inlined into, as far in as
/// their lines are known; none where the outermost's is not.
inline auto parse_addr2line(std::string_view printed) -> std::unordered_map<std::uint64_t, inlined_places> {
    std::unordered_map<std::uint64_t, inlined_places> all;
    inlined_places* places = nullptr;
    std::string_view function;
    while (!printed.empty()) {
        auto const line = take_line(printed);
        std::uint64_t address = 0;
        auto const* const end = line.data() + line.size();
        if (line.substr(0, 2) == "0x" && std::from_chars(line.data() + 2, end, address, 16).ptr == end) {
            places = &all[address];
            places->clear();
            function = {};
        } else if (function.empty()) {
            function = line;
        } else {
            auto place = detail::parse_place(line);
            if (place) place->function = function;
            if (places != nullptr && place) places->push_back(std::move(*place));
            if (places != nullptr && !place) places->clear();
            function = {};
        }
    }
    return all;
}

/// Asks one process for all of them: binutils' addr2line or, where it cannot read the file, LLVM's, which
/// knows no sections. Unavailable: neither is there, reads the file, or has answered in time.
inline auto ask_addr2line(address_query const& query, std::chrono::steady_clock::time_point until)
    -> result<std::unordered_map<std::uint64_t, inlined_places>> {
    descriptor const questions{::memfd_create("addresses", MFD_CLOEXEC)};
    if (!questions) return system_failure(errno, "memfd_create");
    std::string text;
    for (auto const address : query.addresses) text += fmt::format("{:#x}\n", address);
    if (auto written = write_all(questions.get(), text); !written) return tl::unexpected{written.error()};

    auto last = unavailable("addr2line is not installed: apt-get install binutils");
    for (auto const* const name : {"addr2line", "llvm-addr2line"}) {
        auto const program = find_program(name, "binutils");
        if (!program || (!query.section.empty() && name != std::string_view{"addr2line"})) continue;
        ::lseek(questions.get(), 0, SEEK_SET);
        command ask{.arguments = {program->string(), "-a", "-f", "-i", "-e", query.file.string()},
                    .descriptors = {{questions.get(), 0}}};
        if (!query.section.empty()) ask.arguments.insert(ask.arguments.end(), {"-j", query.section});
        auto const left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        auto const late = unavailable("{} has not answered in time", name);
        if (left.count() <= 0) return late;
        auto const answer = capture(std::move(ask), {.time = left});
        if (!answer) return tl::unexpected{answer.error()};
        if (answer->succeeded()) return parse_addr2line(answer->out);
        if (answer->timed_out) return late;
        last = unavailable("{} cannot read {}: {}", name, query.file.string(),
                           answer->err.substr(0, answer->err.find('\n')));
    }
    return last;
}

} // namespace ktest
