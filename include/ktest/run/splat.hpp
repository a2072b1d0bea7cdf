#pragma once

#include <ktest/run/splat_class.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace ktest {

/// A report of the kernel: something is wrong with it.
struct splat {
    splat_class kind{};
    std::string title;                         ///< the kernel's headline, with what differs from run to
                                               ///< run made general
    std::string guilty_function;               ///< empty where the report tells none
    std::string fingerprint;                   ///< the same for the same fault in every build, as
                                               ///< far as a log can tell
    std::string headline;                      ///< the line that `title` was made of
    std::string text;                          ///< the whole report, without the prefixes of its lines
    std::size_t line = 0;                      ///< of its first line, counted from 1
    std::string caller;                        ///< `T123` or `C0`; empty where the log does not say it
    std::optional<std::uint64_t> microseconds; ///< of its first line, since boot
    bool fatal = false;                        ///< the kernel died of it: a panic, a reboot
    friend auto operator==(splat const&, splat const&) -> bool = default;
};

/// The first line of a report has come; its end may say more.
struct splat_began {
    splat_class kind{};
    std::string title; ///< as far as it is known
    std::size_t line = 0;
    friend auto operator==(splat_began const&, splat_began const&) -> bool = default;
};

struct splat_ended {
    splat report;
    friend auto operator==(splat_ended const&, splat_ended const&) -> bool = default;
};

using splat_event = std::variant<splat_began, splat_ended>;

} // namespace ktest
