#pragma once

#include <charconv>
#include <compare>
#include <optional>
#include <string_view>

namespace ktest {

/// A version of the GNU C library, `2.36`.
struct glibc_version {
    unsigned major = 0;
    unsigned minor = 0;
    friend auto operator<=>(glibc_version, glibc_version) = default;
};

/// Reads `2.36`; what stands behind a further dot (`2.2.5`) does not count.
inline auto parse_glibc_version(std::string_view text) -> std::optional<glibc_version> {
    glibc_version version;
    auto const* const end = text.data() + text.size();
    auto const major = std::from_chars(text.data(), end, version.major);
    if (major.ec != std::errc{} || major.ptr == end || *major.ptr != '.') return std::nullopt;
    auto const minor = std::from_chars(major.ptr + 1, end, version.minor);
    if (minor.ec != std::errc{} || (minor.ptr != end && *minor.ptr != '.')) return std::nullopt;
    return version;
}

/// The library that has a symbol version, `GLIBC_2.34`; none: it is not one of glibc's.
/// The markers `GLIBC_ABI_...` have no number: DT_RELR came with 2.36, the others later.
inline auto glibc_with(std::string_view symbol_version) -> std::optional<glibc_version> {
    constexpr std::string_view prefix = "GLIBC_";
    if (symbol_version.substr(0, prefix.size()) != prefix) return std::nullopt;
    auto const rest = symbol_version.substr(prefix.size());
    if (rest == "ABI_DT_RELR") return glibc_version{2, 36};
    if (rest.substr(0, 4) == "ABI_") return glibc_version{2, 42};
    return parse_glibc_version(rest);
}

} // namespace ktest
