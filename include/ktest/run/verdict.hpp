#pragma once

#include <fmt/core.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace ktest {

enum class stage { boot, test, shutdown };

constexpr auto to_string(stage where) -> std::string_view {
    switch (where) {
    case stage::boot: return "boot";
    case stage::test: return "test";
    case stage::shutdown: return "shutdown";
    }
    return "";
}

struct passed {
    friend auto operator==(passed const&, passed const&) -> bool = default;
};
/// The test ran and did not pass.
struct failed {
    std::string reason;
    friend auto operator==(failed const&, failed const&) -> bool = default;
};
/// The kernel died, in whichever stage.
struct crashed {
    stage where{};
    std::string reason;
    friend auto operator==(crashed const&, crashed const&) -> bool = default;
};
struct skipped {
    std::string reason;
    friend auto operator==(skipped const&, skipped const&) -> bool = default;
};
struct timed_out {
    stage where{};
    std::string reason;
    friend auto operator==(timed_out const&, timed_out const&) -> bool = default;
};
/// The host could not run it: not the test's fault.
struct unavailable_host {
    std::string reason;
    friend auto operator==(unavailable_host const&, unavailable_host const&) -> bool = default;
};
struct interrupted {
    std::string reason;
    friend auto operator==(interrupted const&, interrupted const&) -> bool = default;
};

/// What a run says in the end. The default is failure: only positive evidence passes.
using verdict = std::variant<failed, passed, crashed, skipped, timed_out, unavailable_host, interrupted>;

namespace detail {
template<class... Cases>
struct overloaded : Cases... {
    using Cases::operator()...;
};
template<class... Cases>
overloaded(Cases...) -> overloaded<Cases...>;
} // namespace detail

/// The exit status of `ktest run`; 2 (usage) is for errors found before a run.
inline auto exit_status(verdict const& said) -> int {
    return std::visit(detail::overloaded{
                          [](passed const&) { return 0; },
                          [](failed const&) { return 1; },
                          [](crashed const&) { return 3; },
                          [](skipped const&) { return 77; },
                          [](timed_out const&) { return 124; },
                          [](unavailable_host const&) { return 125; },
                          [](interrupted const&) { return 130; },
                      },
                      said);
}

/// One word (`timed out` is two): what stands in results and in capitals at the head of the verdict line.
inline auto name(verdict const& said) -> std::string_view {
    return std::visit(detail::overloaded{
                          [](passed const&) { return "passed"; },
                          [](failed const&) { return "failed"; },
                          [](crashed const&) { return "crashed"; },
                          [](skipped const&) { return "skipped"; },
                          [](timed_out const&) { return "timed out"; },
                          [](unavailable_host const&) { return "unavailable"; },
                          [](interrupted const&) { return "interrupted"; },
                      },
                      said);
}

/// Why, in a phrase; empty for a pass.
inline auto reason(verdict const& said) -> std::string {
    return std::visit(
        detail::overloaded{
            [](passed const&) { return std::string{}; },
            [](crashed const& c) { return fmt::format("in {}: {}", to_string(c.where), c.reason); },
            [](timed_out const& t) { return fmt::format("in {}: {}", to_string(t.where), t.reason); },
            [](auto const& other) { return other.reason; },
        },
        said);
}

/// The verdict of which these are `name` and `reason`; none: there is no such name.
inline auto read_verdict(std::string_view word, std::string_view why) -> std::optional<verdict> {
    auto where = stage::boot;
    if (word == name(crashed{}) || word == name(timed_out{}))
        for (auto const each : {stage::boot, stage::test, stage::shutdown})
            if (auto const head = fmt::format("in {}: ", to_string(each)); why.starts_with(head)) {
                where = each;
                why.remove_prefix(head.size());
                break;
            }
    std::string text{why};
    for (auto& each :
         {verdict{passed{}}, verdict{failed{text}}, verdict{crashed{where, text}}, verdict{skipped{text}},
          verdict{timed_out{where, text}}, verdict{unavailable_host{text}}, verdict{interrupted{text}}})
        if (word == name(each)) return each;
    return std::nullopt;
}

} // namespace ktest
