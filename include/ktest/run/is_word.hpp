#pragma once

namespace ktest::detail {

/// Whether a character is one of C's names.
constexpr auto is_word(char c) -> bool {
    return c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

} // namespace ktest::detail
