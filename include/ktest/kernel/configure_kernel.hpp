#pragma once

#include <ktest/kernel/config_draft.hpp>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

/// What became of the .config of a build directory.
struct config_outcome {
    enum class action { kept, made, extended } done{};
    std::vector<unmet_option> added; ///< what a .config that was there had not
    bool base_unused = false;        ///< `--kconfig` was given, but there was a .config
    friend auto operator==(config_outcome const&, config_outcome const&) -> bool = default;
};

namespace detail {

/// make's targets that write a configuration and ask nobody.
inline auto is_config_target(std::string_view name) -> bool {
    constexpr std::array<std::string_view, 7> interactive{"config",  "menuconfig", "nconfig",   "xconfig",
                                                          "gconfig", "oldconfig",  "syncconfig"};
    return name.ends_with("config") && std::count(interactive.begin(), interactive.end(), name) == 0
           && name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
                  == std::string_view::npos;
}

template<class RunMake>
auto make_first_config(config_draft<RunMake>& draft, config_request const& request,
                       std::vector<kernel_option> const& wanted) -> result<void> {
    std::error_code ignored;
    if (request.base.empty()) {
        auto fragment = guest_config.text();
        for (auto const& name : request.profiles)
            fragment += find_profile(name).value_or(config_fragment{}).text();
        return draft.make_from(applied(applied("", options_of(fragment)), request.options));
    }
    if (std::filesystem::is_regular_file(request.base, ignored)) {
        auto const text = read_file(request.base);
        if (!text) return tl::unexpected{text.error()};
        auto const config = parse_kconfig(*text);
        if (config.values.empty())
            return usage_error("--kconfig {}: not a kernel's .config: no CONFIG_X=... in it", request.base);
        return draft.complete(applied(*text, options_to_set(request, wanted, unmet_options(config, wanted))));
    }
    if (!is_config_target(request.base))
        return usage_error("--kconfig {}: neither a file nor a make target that writes a .config by itself "
                           "(such as defconfig, tinyconfig)",
                           request.base);
    return draft.make_by_target(request.base).and_then([&] { return draft.add(request, wanted); });
}

inline auto check_in_place(source_tree const& tree, std::vector<unmet_option> const& unmet) -> result<void> {
    if (unmet.empty()) return {};
    std::vector<std::string> lines;
    for (auto const& one : unmet) lines.push_back(to_string(one));
    return usage_error("{}: lacks {}. This tree was built in place, and ktest never changes its .config: set "
                       "them there (make nconfig); or say 'make mrproper' there, which removes it, and ktest "
                       "builds in a directory of its own",
                       (tree.build / ".config").string(), fmt::join(lines, ", "));
}

} // namespace detail

/// Sees to the .config of a build directory: makes the first one, adds what is wanted to one that is there
/// (one that has it all is not touched), and checks that all has stuck; until then the old one stays. The
/// .config of a tree that was built in place is checked and never changed. `run_make(words)` runs make for
/// this tree and returns result<void>.
template<class RunMake>
auto configure_kernel(source_tree const& tree, config_request const& request, RunMake run_make)
    -> result<config_outcome> {
    if (auto const profiles = find_profiles(request.profiles); !profiles)
        return tl::unexpected{profiles.error()};
    auto const wanted = detail::wanted_options(request);
    if (!wanted) return tl::unexpected{wanted.error()};
    auto const options = detail::plain_options(*wanted);
    auto const file = tree.build / ".config";
    std::error_code failed;
    auto const is_there = std::filesystem::exists(file, failed);
    config_outcome outcome{.base_unused = is_there && !request.base.empty()};
    if (is_there) {
        auto const text = read_file(file);
        if (!text) return tl::unexpected{text.error()};
        outcome.added = unmet_options(parse_kconfig(*text), options);
        if (tree.in_place)
            if (auto const good = detail::check_in_place(tree, outcome.added); !good)
                return tl::unexpected{good.error()};
        if (outcome.added.empty()) return outcome;
    }
    std::filesystem::create_directories(tree.build, failed);
    if (failed) return unavailable("{}: {}", tree.build.string(), failed.message());
    outcome.done = is_there ? config_outcome::action::extended : config_outcome::action::made;
    detail::config_draft<RunMake> draft{tree, run_make};
    auto const first = [&]() -> result<void> {
        if (!is_there) return detail::make_first_config(draft, request, options);
        return read_file(file).and_then([&](std::string const& text) {
            return draft.complete(applied(text, detail::options_to_set(request, options, outcome.added)));
        });
    };
    return first().and_then([&] { return draft.finish(*wanted); }).map([&] { return outcome; });
}

/// Whether a build's .config still has all that was wanted: make itself takes away what another state of the
/// source does not know. Else an error (not_in_tree) that says why.
inline auto check_configured(source_tree const& tree, config_request const& request) -> result<void> {
    auto const wanted = detail::wanted_options(request);
    if (!wanted) return tl::unexpected{wanted.error()};
    return read_file(tree.build / ".config").and_then([&](std::string const& text) {
        return detail::check_stuck(tree, parse_kconfig(text), *wanted);
    });
}

} // namespace ktest
