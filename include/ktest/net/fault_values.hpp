#pragma once

// The values of faults, each from its word.

#include <ktest/net/link_settings.hpp>
#include <ktest/spec/bytes.hpp>

#include <array>
#include <optional>
#include <string_view>

namespace ktest {

namespace detail {

/// A number with a unit behind it, in thousandths of the unit at most.
struct measured {
    std::uint64_t thousandths = 0;
    std::string_view unit;
};

/// `1.5ms`; up to six digits, and three behind the point. nullopt: no such number.
inline auto read_measured(std::string_view text) -> std::optional<measured> {
    std::uint64_t whole = 0;
    if (!take_number(text, whole) || whole > 999'999) return std::nullopt;
    std::uint64_t thousandths = 0;
    if (!text.empty() && text[0] == '.') {
        text.remove_prefix(1);
        auto const digits = text.size();
        if (!take_number(text, thousandths) || digits - text.size() > 3) return std::nullopt;
        for (auto n = digits - text.size(); n < 3; ++n) thousandths *= 10;
    }
    return measured{whole * 1000 + thousandths, text};
}

struct unit {
    std::string_view name;
    std::uint64_t size;
};

/// In the smallest unit, which is 1000th of the table's first at least.
template<std::size_t Count>
auto read_quantity(std::string_view text, std::array<unit, Count> const& units)
    -> std::optional<std::uint64_t> {
    auto const number = read_measured(text);
    if (!number) return std::nullopt;
    for (auto const& one : units)
        if (one.name == number->unit) return number->thousandths * (one.size / 1000);
    return std::nullopt;
}

} // namespace detail

/// `5%`, `0.25%`: from 0 to 100.
inline auto read_probability(std::string_view text) -> result<probability> {
    auto const share = detail::read_quantity(text, std::array{detail::unit{"%", 10'000}});
    if (!share || *share > 1'000'000)
        return usage_error("'{}' is not a share (want 5%, 0.25%, ..., at most 100%)",
                           detail::shortened(text));
    return probability{static_cast<std::uint32_t>(*share)};
}

/// `20ms`, `1.5s`, `300us`: up to a minute.
inline auto read_delay(std::string_view text) -> result<std::chrono::nanoseconds> {
    constexpr std::array units{detail::unit{"us", 1'000}, detail::unit{"ms", 1'000'000},
                               detail::unit{"s", 1'000'000'000}};
    auto const delay = detail::read_quantity(text, units);
    if (!delay || *delay > 60'000'000'000)
        return usage_error("'{}' is not a delay (want 20ms, 1.5s, 300us, ..., at most 60s)",
                           detail::shortened(text));
    return std::chrono::nanoseconds{*delay};
}

/// `10mbit`, `1.5gbit`, `512kbit`, a second; `unlimited`.
inline auto read_rate(std::string_view text) -> result<link_rate> {
    if (text == "unlimited") return link_rate{};
    constexpr std::array units{detail::unit{"kbit", 1'000}, detail::unit{"mbit", 1'000'000},
                               detail::unit{"gbit", 1'000'000'000}};
    auto const rate = detail::read_quantity(text, units);
    if (!rate || *rate < 1'000 || *rate > 1'000'000'000'000)
        return usage_error(
            "'{}' is not a rate (want 10mbit, 1.5gbit, ..., from 1kbit to 1000gbit, or unlimited)",
            detail::shortened(text));
    return link_rate{*rate};
}

} // namespace ktest
