#pragma once

#include <ktest/run/ask_deps.hpp>
#include <ktest/spec/asked_script.hpp>
#include <ktest/spec/find_requirement.hpp>

#include <algorithm>

namespace ktest {

constexpr std::size_t most_scripts = 64; ///< a test and its libraries: each may take its time to answer

namespace detail {

/// Asks a script and, before it joins those that have answered, the libraries that it requires.
class script_asker {
public:
    script_asker(std::vector<std::string> variables, capture_limits limits)
        : variables_{std::move(variables)}, limits_{limits} {}

    auto ask(std::filesystem::path const& script, std::vector<std::string> const& arguments, deps_of kind)
        -> result<void> {
        auto spec = ask_deps(script, arguments, variables_, kind, limits_);
        if (!spec) return tl::unexpected{spec.error()};
        asking_.push_back(script);
        for (auto const& name : spec->test_require)
            if (auto joined = bring(script, name); !joined) return joined;
        asking_.pop_back();
        answered_.push_back({script, std::move(*spec)});
        return {};
    }

    auto take() -> std::vector<asked_script> { return std::move(answered_); }

private:
    auto bring(std::filesystem::path const& script, std::string const& name) -> result<void> {
        auto const wrong = [&](std::string_view what) {
            return usage_error("{}:deps: TEST_REQUIRE: {}", script.string(), what);
        };
        auto const found = find_requirement(name, script.parent_path(), program_directories());
        if (!found) return wrong(found.error().message);
        if (auto const good = check_test_file(*found); !good)
            return wrong(good.error().message + " (what answers no deps comes along by REQUIRE)");
        auto const same = [&](std::filesystem::path const& other) {
            std::error_code ignored;
            return std::filesystem::equivalent(other, *found, ignored);
        };
        if (auto const first = std::find_if(asking_.begin(), asking_.end(), same); first != asking_.end())
            return usage_error("{}:deps: TEST_REQUIRE: a cycle: {} -> {}", first->string(), chain(first),
                               first->string());
        if (std::any_of(answered_.begin(), answered_.end(), [&](auto const& one) { return same(one.path); }))
            return {};
        if (asking_.size() + answered_.size() == most_scripts)
            return wrong(fmt::format("{}: more than {} scripts would come along", name, most_scripts));
        return ask(*found, {}, deps_of::library);
    }

    auto chain(std::vector<std::filesystem::path>::const_iterator from) const -> std::string {
        auto text = from->string();
        while (++from != asking_.end()) text += " -> " + from->string();
        return text;
    }

    std::vector<std::string> variables_;
    capture_limits limits_;
    std::vector<std::filesystem::path> asking_; ///< each required by the one before it
    std::vector<asked_script> answered_;
};

} // namespace detail

/// Asks a test what it needs, and so each script that TEST_REQUIRE brings, directly or not, once. Libraries
/// stand before those that require them, so that the test is the last; only the test gets the arguments.
inline auto ask_all_deps(std::filesystem::path const& test, std::vector<std::string> const& arguments,
                         std::vector<std::string> const& variables, capture_limits limits = deps_limits)
    -> result<std::vector<asked_script>> {
    detail::script_asker asker{variables, limits};
    return asker.ask(test, arguments, deps_of::test).map([&] { return asker.take(); });
}

} // namespace ktest
