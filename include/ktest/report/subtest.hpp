#pragma once

#include <string>
#include <string_view>

namespace ktest {

/// What became of one subtest; `missing`: it was planned and said nothing.
enum class outcome { passed, failed, skipped, expected_failure, timed_out, missing };

constexpr auto to_string(outcome what) -> std::string_view {
    switch (what) {
    case outcome::passed: return "passed";
    case outcome::failed: return "failed";
    case outcome::skipped: return "skipped";
    case outcome::expected_failure: return "expected failure";
    case outcome::timed_out: return "timed out";
    case outcome::missing: return "missing";
    }
    return "";
}

/// One result within a test's output.
struct subtest {
    std::string name; ///< `outer.inner`
    outcome what{};
    std::string detail;      ///< why, in a phrase, where it says so
    std::string diagnostics; ///< lines that it printed about itself, the last 16 KiB
    friend auto operator==(subtest const&, subtest const&) -> bool = default;
};

} // namespace ktest
