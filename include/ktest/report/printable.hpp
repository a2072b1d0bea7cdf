#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace ktest {

namespace detail {

/// Bytes of the well-formed UTF-8 character (RFC 3629) at the front of `text`; 0 where there is none.
inline auto character_size(std::string_view text) -> std::size_t {
    auto const at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (text.empty()) return 0;
    auto const first = at(0);
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return 0;
    auto const size = first < 0xE0 ? std::size_t{2} : first < 0xF0 ? std::size_t{3} : std::size_t{4};
    if (text.size() < size) return 0;
    // Neither a longer form than is needed, nor a surrogate, nor anything past U+10FFFF.
    auto const low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    auto const high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (at(1) < low || at(1) > high) return 0;
    for (std::size_t i = 2; i < size; ++i)
        if ((at(i) & 0xC0) != 0x80) return 0;
    return size;
}

/// Whether a well-formed character is one that a terminal acts on or that XML 1.0 has no place for.
inline auto is_control_character(std::string_view character) -> bool {
    auto const last = static_cast<unsigned char>(character.back());
    if (character.size() == 1) return last < 0x20 || last == 0x7F;
    return (character.size() == 2 && character[0] == '\xC2' && last < 0xA0) || character == "\xEF\xBF\xBE"
           || character == "\xEF\xBF\xBF";
}

} // namespace detail

/// Text that a terminal and XML 1.0 bear: bytes that are not UTF-8 and control characters but newline and tab
/// become `\xHH`, the end of line of a serial console (CR LF) a newline.
inline auto printable(std::string_view text) -> std::string {
    std::string safe;
    safe.reserve(text.size());
    while (!text.empty()) {
        auto const size = detail::character_size(text);
        auto const character = text.substr(0, std::max(size, std::size_t{1}));
        text.remove_prefix(character.size());
        if (character == "\r" && !text.empty() && text[0] == '\n') continue;
        if (character == "\n" || character == "\t" || (size != 0 && !detail::is_control_character(character)))
            safe += character;
        else
            for (auto const byte : character)
                safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    }
    return safe;
}

/// The same in one line: newlines and tabs become spaces, at the ends they go.
inline auto printable_line(std::string_view text) -> std::string {
    auto line = printable(text);
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    return line.erase(0, line.find_first_not_of(' '));
}

/// The whole lines at the end of `text` that fit into `limit` bytes; of a longer last line, its end.
inline auto last_lines(std::string_view text, std::size_t limit) -> std::string_view {
    if (text.size() <= limit) return text;
    auto const tail = text.substr(text.size() - limit);
    auto const newline = text[text.size() - limit - 1] == '\n' ? std::string_view::npos : tail.find('\n');
    return newline == std::string_view::npos || newline + 1 == tail.size() ? tail : tail.substr(newline + 1);
}

} // namespace ktest
