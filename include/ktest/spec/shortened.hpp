#pragma once

#include <string>
#include <string_view>

namespace ktest::detail {

/// For messages: no more of the text, which may be any bytes, than is good to read.
inline auto shortened(std::string_view text, std::size_t most = 60) -> std::string {
    if (text.size() <= most) return std::string{text};
    auto end = most;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) // not within a character
        --end;
    return std::string{text.substr(0, end)} + "...";
}

} // namespace ktest::detail
