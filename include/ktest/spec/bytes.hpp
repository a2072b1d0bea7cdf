#pragma once

#include <ktest/result.hpp>
#include <ktest/spec/shortened.hpp>

#include <charconv>
#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ktest {

/// A size in bytes.
struct bytes {
    std::uint64_t count = 0;
    friend auto operator<=>(bytes, bytes) = default;
};

/// Their counts alone.
inline auto counts(std::vector<bytes> const& sizes) -> std::vector<std::uint64_t> {
    std::vector<std::uint64_t> all;
    for (auto const size : sizes) all.push_back(size.count);
    return all;
}

namespace literals {
constexpr auto operator""_MiB(unsigned long long count) -> bytes { return {count << 20U}; }
constexpr auto operator""_GiB(unsigned long long count) -> bytes { return {count << 30U}; }
} // namespace literals

/// What a number without a suffix is.
enum class bare_number { mebibytes, refused };

namespace detail {

/// Takes the digits at the front of `text`; nothing, or more than fits: false.
inline auto take_number(std::string_view& text, std::uint64_t& number) -> bool {
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

/// Powers of 1024 that a suffix stands for: `K`, `k`, `KB`, `KiB` 1, ..., `B` 0; no suffix: -1, anything
/// else: -2.
inline auto suffix_power(std::string_view suffix) -> int {
    if (suffix.empty()) return -1;
    auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    std::string rest;
    for (auto const c : suffix.substr(1)) rest += lower(c);
    auto const power = std::string_view{"bkmgt"}.find(lower(suffix[0]));
    if (power == std::string_view::npos || !(rest.empty() || (power > 0 && (rest == "b" || rest == "ib"))))
        return -2;
    return static_cast<int>(power);
}

} // namespace detail

/// Reads `512M`, `2G`, `1.5G`: suffixes B K M G T, powers of 1024, from 1 byte to what fits a file's offset.
/// A fraction is rounded to whole units of the next smaller suffix, so `1.3G` is 1331 MiB.
inline auto parse_bytes(std::string_view text, bare_number bare) -> result<bytes> {
    auto const refuse = [&](std::string_view why) {
        return usage_error("'{}' is not a size{} (want 512M, 2G, ...)", detail::shortened(text), why);
    };
    auto rest = text;
    std::uint64_t whole = 0;
    if (!detail::take_number(rest, whole)) return refuse("");
    std::uint64_t fraction = 0;
    std::uint64_t scale = 1;
    if (!rest.empty() && rest[0] == '.') {
        rest.remove_prefix(1);
        auto const digits = rest.size();
        if (!detail::take_number(rest, fraction) || digits - rest.size() > 12) return refuse("");
        for (auto n = digits - rest.size(); n > 0; --n) scale *= 10;
    }
    auto power = detail::suffix_power(rest);
    if (power == -1 && bare == bare_number::refused) return refuse(": it has no suffix");
    if (power == -1) power = 2;
    if (power < 0 || (power == 0 && scale > 1)) return refuse("");

    auto const unit = std::uint64_t{1} << (10U * static_cast<unsigned>(power));
    auto const part = (fraction * 1024 + scale / 2) / scale * (unit / 1024);
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (whole > (most - part) / unit || whole * unit + part == 0) return refuse("");
    return bytes{whole * unit + part};
}

/// As `parse_bytes` reads it, exactly: `512M`, `1.5G`; what no suffix suits is in bytes, `1537B`.
inline auto to_string(bytes size) -> std::string {
    constexpr std::pair<unsigned, char> suffixes[] = {{40U, 'T'}, {30U, 'G'}, {20U, 'M'}, {10U, 'K'}};
    for (auto const& [bits, suffix] : suffixes) {
        auto const quarter = (std::uint64_t{1} << bits) / 4;
        auto const quarters = size.count / quarter;
        if (quarters < 4 || size.count % quarter != 0) continue;
        constexpr std::string_view fractions[] = {"", ".25", ".5", ".75"};
        return fmt::format("{}{}{}", quarters / 4, fractions[quarters % 4], suffix);
    }
    return fmt::format("{}B", size.count);
}

} // namespace ktest
