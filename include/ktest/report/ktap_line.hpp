#pragma once

// The lines of KTAP, TAP 13 and TAP 14 (kernel: Documentation/dev-tools/ktap.rst), one by one; what belongs
// inside what is ktap.hpp's.

#include <ktest/report/subtest.hpp>

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace ktest {

/// `KTAP version 1`, `TAP version 14`
struct ktap_version {
    bool is_ktap = true; ///< which wants a number in each result
    friend auto operator==(ktap_version, ktap_version) -> bool = default;
};
/// `1..5`
struct ktap_plan {
    unsigned count = 0;
    friend auto operator==(ktap_plan, ktap_plan) -> bool = default;
};
/// `not ok 2 - name # TIMEOUT 30 seconds`
struct ktap_result {
    unsigned number = 0; ///< none: TAP allows that
    std::string name;    ///< the number where it has none
    outcome what{};
    std::string detail;
    friend auto operator==(ktap_result const&, ktap_result const&) -> bool = default;
};
/// `Bail out! no disk left`
struct ktap_bail_out {
    std::string reason;
    friend auto operator==(ktap_bail_out const&, ktap_bail_out const&) -> bool = default;
};
/// `# text`
struct ktap_diagnostic {
    std::string text;
    friend auto operator==(ktap_diagnostic const&, ktap_diagnostic const&) -> bool = default;
};
/// Anything else.
struct ktap_other {
    friend auto operator==(ktap_other, ktap_other) -> bool = default;
};

/// A line that was read; it looks into the text that it was read from.
struct ktap_line {
    std::string_view text;    ///< without what a kernel log has in front
    bool from_kernel = false; ///< it had a kernel log's time or level in front
    std::size_t column = 0;   ///< where its content begins: behind spaces, tabs and kselftest's `# `
    std::variant<ktap_other, ktap_version, ktap_plan, ktap_result, ktap_bail_out, ktap_diagnostic> what;
};

namespace detail::ktap {

constexpr std::string_view blanks = " \t";

inline auto trimmed(std::string_view text) -> std::string_view {
    auto const first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

/// Takes `open` INSIDE `close` from the front, where INSIDE is of `inside` only; false: it does not stand
/// there.
inline auto take_bracket(std::string_view& text, char open, std::string_view inside, char close) -> bool {
    if (text.empty() || text[0] != open) return false;
    auto const end = text.find_first_not_of(inside, 1);
    if (end == std::string_view::npos || end < 2 || text[end] != close) return false;
    text.remove_prefix(end + 1);
    return true;
}

/// Takes `<6>`, `[   12.345678]`, `[    T1]` (and the one space behind) from the front.
inline auto take_kernel_prefix(std::string_view& text) -> bool {
    auto const level = take_bracket(text, '<', "0123456789", '>');
    auto const time = take_bracket(text, '[', " .0123456789", ']');
    if (time) take_bracket(text, '[', " CT0123456789", ']');
    if (time && !text.empty() && text[0] == ' ') text.remove_prefix(1);
    return level || time;
}

inline auto take_word(std::string_view& text, std::string_view word) -> bool {
    if (text.substr(0, word.size()) != word) return false;
    text.remove_prefix(word.size());
    return true;
}

/// Takes a number, of at most nine digits, that a blank or the end follows.
inline auto take_number(std::string_view& text) -> std::optional<unsigned> {
    unsigned number = 0;
    auto const* const end = text.data() + text.size();
    auto const [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || (rest != end && blanks.find(*rest) == std::string_view::npos))
        return std::nullopt;
    if (number > 999'999'999) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    return number;
}

/// Whether `word` begins with `lower`, whose letters are lower case, in either case.
inline auto begins(std::string_view word, std::string_view lower) -> bool {
    if (word.size() < lower.size()) return false;
    for (std::size_t i = 0; i < lower.size(); ++i)
        if ((word[i] | 0x20) != lower[i]) return false;
    return true;
}

/// Where the `#` stands that parts a description from its directive: behind a blank, and not escaped.
inline auto directive_mark(std::string_view text) -> std::size_t {
    for (auto at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1))
        if (at == 0 || blanks.find(text[at - 1]) != std::string_view::npos) return at;
    return text.size();
}

/// Judges `ok`/`not ok` by the directive behind; one that is not known changes nothing and stays as detail.
inline auto judge(bool ok, std::string_view directive, ktap_result& judged) {
    auto const word = directive.substr(0, directive.find_first_of(blanks));
    auto const skip = begins(word, "skip"); // TAP 13 allows `skipped:` too
    auto const todo = word == "XFAIL" || (word.size() == 4 && begins(word, "todo"));
    judged.what = skip                ? outcome::skipped
                  : word == "TIMEOUT" ? outcome::timed_out
                  : ok                ? outcome::passed
                  : todo              ? outcome::expected_failure
                                      : outcome::failed;
    if (skip || todo || word == "TIMEOUT" || word == "ERROR") directive.remove_prefix(word.size());
    judged.detail = trimmed(directive);
}

inline auto read_result(std::string_view text) -> std::optional<ktap_result> {
    auto const ok = !take_word(text, "not ");
    if (text != "ok" && !take_word(text, "ok ")) return std::nullopt;
    text = text == "ok" ? "" : trimmed(text);
    ktap_result result{.number = take_number(text).value_or(0)};
    auto const mark = directive_mark(text);
    auto name = trimmed(text.substr(0, mark));
    if (name == "-" || name.substr(0, 2) == "- ") name = trimmed(name.substr(1));
    for (auto const c : name) // TAP 14 writes # as \#
        if (c == '#' && !result.name.empty() && result.name.back() == '\\')
            result.name.back() = c;
        else
            result.name += c;
    if (name.empty() && result.number > 0) result.name = std::to_string(result.number);
    judge(ok, trimmed(text.substr(std::min(mark + 1, text.size()))), result);
    return result;
}

inline auto read_plan(std::string_view text) -> std::optional<ktap_plan> {
    if (!take_word(text, "1..")) return std::nullopt;
    auto const count = take_number(text);
    auto const rest = trimmed(text);
    if (!count || (!rest.empty() && rest[0] != '#')) return std::nullopt;
    return ktap_plan{*count};
}

inline auto read_version(std::string_view text) -> std::optional<ktap_version> {
    auto const is_ktap = take_word(text, "K");
    if (!take_word(text, "TAP version ") || !take_number(text) || !trimmed(text).empty()) return std::nullopt;
    return ktap_version{is_ktap};
}

} // namespace detail::ktap

/// Reads one line (without its newline).
inline auto read_ktap_line(std::string_view text) -> ktap_line {
    ktap_line line;
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    line.from_kernel = detail::ktap::take_kernel_prefix(text);
    line.text = text;
    auto hash = std::string_view::npos;
    for (line.column = 0; line.column < text.size(); ++line.column) {
        auto const c = text[line.column];
        auto const nests = c == '#' && line.column + 1 < text.size() && text[line.column + 1] == ' ';
        if (c != ' ' && c != '\t' && !nests) break;
        if (nests && hash == std::string_view::npos) hash = line.column;
    }
    auto const content = text.substr(line.column);
    auto reason = content;
    if (auto const version = detail::ktap::read_version(content))
        line.what = *version;
    else if (auto const plan = detail::ktap::read_plan(content))
        line.what = *plan;
    else if (auto result = detail::ktap::read_result(content))
        line.what = *std::move(result);
    else if (detail::ktap::take_word(reason, "Bail out!"))
        line.what = ktap_bail_out{std::string{detail::ktap::trimmed(reason)}};
    else if (hash != std::string_view::npos)
        line.what = ktap_diagnostic{std::string{text.substr(hash + 2)}};
    else if (!content.empty() && content[0] == '#')
        line.what = ktap_diagnostic{std::string{content.substr(1)}};
    return line;
}

} // namespace ktest
