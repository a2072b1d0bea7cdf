#pragma once

#include <ktest/result.hpp>
#include <ktest/spec/shortened.hpp>
#include <ktest/take_line.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

/// One `KEY=VALUE` or `KEY.of=VALUE` of what `TEST deps` printed.
struct deps_entry {
    int line = 0; ///< from 1
    std::string key;
    std::optional<std::string> of; ///< a node or network: what stands behind the dot
    std::string value;             ///< without its quotes
    friend auto operator==(deps_entry const&, deps_entry const&) -> bool = default;

    auto name() const -> std::string { return of ? key + '.' + *of : key; }
};

/// `tests/bcache:deps:3: ` in front of what is wrong; line 0: with the answer as a whole.
inline auto deps_error(std::string_view test, int line, std::string_view what) -> tl::unexpected<error> {
    return line > 0 ? usage_error("{}:deps:{}: {}", test, line, what)
                    : usage_error("{}:deps: {}", test, what);
}

namespace detail {

constexpr std::string_view blanks = " \t";

inline auto trim(std::string_view text) -> std::string_view {
    auto const first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Where a line stops being text: at a control character, or at what is not UTF-8 (RFC 3629).
inline auto find_rubbish(std::string_view line) -> std::size_t {
    auto const at = [&](std::size_t i) { return i < line.size() ? static_cast<unsigned char>(line[i]) : 0U; };
    for (std::size_t i = 0; i < line.size();) {
        auto const c = at(i);
        if (c < 0x80) {
            if ((c < 0x20 && c != '\t') || c == 0x7F) return i;
            ++i;
            continue;
        }
        auto const size = c >= 0xC2 && c < 0xE0   ? 2U
                          : c >= 0xE0 && c < 0xF0 ? 3U
                          : c >= 0xF0 && c < 0xF5 ? 4U
                                                  : 0U;
        auto const second = at(i + 1);
        auto const overlong = (c == 0xE0 && second < 0xA0) || (c == 0xF0 && second < 0x90);
        auto const beyond = (c == 0xED && second >= 0xA0) || (c == 0xF4 && second >= 0x90);
        if (size == 0 || overlong || beyond) return i;
        for (std::size_t next = 1; next < size; ++next)
            if ((at(i + next) & 0xC0U) != 0x80U) return i;
        i += size;
    }
    return std::string_view::npos;
}

/// Takes the quotes off; behind them only a comment may stand. An unquoted value runs to the end of the line.
inline auto unquote(std::string_view value) -> result<std::string> {
    if (value.empty() || (value[0] != '"' && value[0] != '\'')) return std::string{value};
    auto const close = value.find(value[0], 1);
    if (close == std::string_view::npos) return usage_error("the quote {} is not closed", value[0]);
    auto const behind = trim(value.substr(close + 1));
    if (!behind.empty() && behind[0] != '#')
        return usage_error("'{}' stands behind the closing quote", shortened(behind));
    return std::string{value.substr(1, close - 1)};
}

inline auto is_key(std::string_view name) -> bool {
    auto const word = name.substr(0, name.find('.'));
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return !word.empty() && word.find_first_not_of(letters) == std::string_view::npos
           && (word[0] < '0' || word[0] > '9') && name.find_first_of(blanks) == std::string_view::npos;
}

/// One line; blank ones and comments give nothing. An error does not say where.
inline auto read_deps_line(std::string_view line) -> result<std::optional<deps_entry>> {
    if (auto const rubbish = find_rubbish(line); rubbish != std::string_view::npos)
        return usage_error("byte {} of the line (0x{:02x}) is not text", rubbish + 1,
                           static_cast<unsigned char>(line[rubbish]));
    line = trim(line);
    if (line.empty() || line[0] == '#') return std::nullopt;
    auto const equals = line.find('=');
    auto const name = trim(line.substr(0, equals));
    if (equals == std::string_view::npos || !is_key(name))
        return usage_error("'{}' is not KEY=VALUE", shortened(line));
    auto value = unquote(trim(line.substr(equals + 1)));
    if (!value) return usage_error("{}: {}", shortened(name), value.error().message);
    deps_entry entry{0, std::string{name.substr(0, name.find('.'))}, std::nullopt, std::move(*value)};
    if (auto const dot = name.find('.'); dot != std::string_view::npos) entry.of = name.substr(dot + 1);
    return entry;
}

} // namespace detail

/// Splits the answer of `test` to `deps` into its entries, in their order; lines may end in CR LF.
inline auto read_deps_lines(std::string_view text, std::string_view test) -> result<std::vector<deps_entry>> {
    std::vector<deps_entry> entries;
    for (auto line_number = 1; !text.empty(); ++line_number) {
        auto line = take_line(text);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        auto entry = detail::read_deps_line(line);
        if (!entry) return deps_error(test, line_number, entry.error().message);
        if (!*entry) continue;
        (*entry)->line = line_number;
        entries.push_back(std::move(**entry));
    }
    return entries;
}

/// The entries of a list: split at commas, trimmed. An empty text is an empty list, an empty entry an error.
inline auto split_list(std::string_view text) -> result<std::vector<std::string>> {
    std::vector<std::string> entries;
    if (detail::trim(text).empty()) return entries;
    for (std::size_t from = 0; from <= text.size();) {
        auto const comma = std::min(text.find(',', from), text.size());
        auto const entry = detail::trim(text.substr(from, comma - from));
        if (entry.empty()) return usage_error("an entry of the list is empty (a comma too many)");
        entries.emplace_back(entry);
        from = comma + 1;
    }
    return entries;
}

/// Words separated by blanks; within double quotes a blank separates nothing, as on the kernel's command
/// line.
inline auto split_words(std::string_view text) -> result<std::vector<std::string>> {
    std::vector<std::string> words;
    std::string word;
    auto quoted = false;
    for (auto const c : text) {
        if (c == '"') quoted = !quoted;
        if (quoted || detail::blanks.find(c) == std::string_view::npos)
            word += c;
        else if (!word.empty())
            words.push_back(std::exchange(word, {}));
    }
    if (quoted) return usage_error("the quote \" is not closed");
    if (!word.empty()) words.push_back(std::move(word));
    return words;
}

} // namespace ktest
