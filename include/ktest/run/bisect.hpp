#pragma once

#include <ktest/result.hpp>
#include <ktest/run/verdict.hpp>
#include <ktest/spec/pattern.hpp>

#include <string>

namespace ktest {

/// What `git bisect run ktest run --bisect=...` looks for.
struct bisect_goal {
    enum class kind { any, failure, crash, boot, title };
    kind what{};
    std::string title; ///< a regular expression that the reason of a bad commit matches

    friend auto operator==(bisect_goal const&, bisect_goal const&) -> bool = default;
};

/// What git bisect-run(1) makes of an exit status.
enum class bisect_status { good = 0, bad = 1, cannot_tell = 125, stop = 255 };

/// `any`, `fail`, `crash`, `boot`, or a regular expression.
inline auto parse_bisect_goal(std::string const& text) -> result<bisect_goal> {
    using kind = bisect_goal::kind;
    for (auto const& [word, what] : {std::pair{"any", kind::any}, std::pair{"fail", kind::failure},
                                     std::pair{"crash", kind::crash}, std::pair{"boot", kind::boot}})
        if (text == word) return bisect_goal{what, ""};
    if (auto const readable = read_pattern(text); !readable)
        return usage_error("--bisect: neither fail, crash nor boot, and {}", readable.error().message);
    return bisect_goal{kind::title, text};
}

namespace detail {

inline auto is_sought(bisect_goal const& goal, verdict const& said) -> bool {
    auto const* const crash = std::get_if<crashed>(&said);
    auto const* const late = std::get_if<timed_out>(&said);
    auto const in_boot =
        (crash != nullptr && crash->where == stage::boot) || (late != nullptr && late->where == stage::boot);
    auto const in_test = crash != nullptr && !in_boot;
    switch (goal.what) {
    case bisect_goal::kind::any:
        return !in_boot && (std::holds_alternative<failed>(said) || in_test || late != nullptr);
    case bisect_goal::kind::failure: return std::holds_alternative<failed>(said);
    case bisect_goal::kind::crash: return in_test;
    case bisect_goal::kind::boot: return in_boot;
    case bisect_goal::kind::title:
        return (std::holds_alternative<failed>(said) || crash != nullptr || late != nullptr)
               && std::regex_search(reason(said), read_pattern(goal.title).value());
    }
    return false;
}

} // namespace detail

/// What a run's verdict means to git. A commit that fails in another way than is looked for cannot tell.
inline auto to_bisect_status(bisect_goal const& goal, verdict const& said) -> bisect_status {
    if (std::holds_alternative<passed>(said)) return bisect_status::good;
    if (std::holds_alternative<unavailable_host>(said) || std::holds_alternative<interrupted>(said))
        return bisect_status::stop;
    return detail::is_sought(goal, said) ? bisect_status::bad : bisect_status::cannot_tell;
}

/// What it means that there was no run: a source that does not build, or has not what is asked for, cannot
/// tell; anything else would teach git a lie.
inline auto to_bisect_status(error const& why) -> bisect_status {
    return why.kind == fault::not_built || why.kind == fault::not_in_tree ? bisect_status::cannot_tell
                                                                          : bisect_status::stop;
}

} // namespace ktest
