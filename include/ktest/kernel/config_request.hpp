#pragma once

#include <ktest/kernel/config_profiles.hpp>
#include <ktest/kernel/guest_config.hpp>
#include <ktest/kernel/kconfig.hpp>
#include <ktest/result.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace ktest {

/// What the configuration of a build shall be.
struct config_request {
    std::string base;                   ///< `--kconfig`: a file, or a make target; empty: ktest's own
    std::vector<std::string> profiles;  ///< `--with`
    std::vector<kernel_option> options; ///< CONFIG of the test and of the command line
    friend auto operator==(config_request const&, config_request const&) -> bool = default;
};

namespace detail {

/// An option, and who wants it.
struct wanted_option {
    std::string origin; ///< `CONFIG`, `--with kasan`, ...
    kernel_option option;
};

inline auto wanted_options(config_request const& request) -> result<std::vector<wanted_option>> {
    std::vector<wanted_option> wanted;
    for (auto option : options_of(guest_config.required)) {
        option.value.reset(); // a module will do
        wanted.push_back({"the guest of ktest", std::move(option)});
    }
    for (auto const& name : request.profiles) {
        auto const profile = find_profile(name);
        if (!profile) return tl::unexpected{profile.error()};
        for (auto& option : options_of(profile->required))
            wanted.push_back({"--with " + name, std::move(option)});
    }
    for (auto const& option : request.options) wanted.push_back({"CONFIG", option});
    for (auto one = wanted.begin(); one != wanted.end(); ++one)
        for (auto other = wanted.begin(); other != one; ++other)
            if (clash(one->option, other->option))
                return usage_error("{}: {} clashes with {}{}", one->origin, to_string(one->option),
                                   to_string(other->option),
                                   one->origin == other->origin ? "" : fmt::format(" ({})", other->origin));
    return wanted;
}

inline auto plain_options(std::vector<wanted_option> const& wanted) -> std::vector<kernel_option> {
    std::vector<kernel_option> options;
    for (auto const& one : wanted) options.push_back(one.option);
    return options;
}

/// All that is set where it is made: in this order the last word about an option counts.
inline auto options_to_set(config_request const& request, std::vector<kernel_option> wanted,
                           std::vector<unmet_option> const& unmet) -> std::vector<kernel_option> {
    std::vector<kernel_option> options;
    for (auto const& name : request.profiles) {
        auto const profile = find_profile(name).value_or(config_fragment{});
        auto const required = options_of(profile.required);
        auto const is_new = [&](unmet_option const& one) {
            return std::count(required.begin(), required.end(), one.wanted) != 0;
        };
        if (std::none_of(unmet.begin(), unmet.end(), is_new)) continue;
        for (auto& option : options_of(profile.wanted)) options.push_back(std::move(option));
    }
    std::erase_if(wanted, [&](kernel_option const& option) {
        return std::none_of(unmet.begin(), unmet.end(),
                            [&](auto const& one) { return one.wanted == option; });
    });
    options.insert(options.end(), wanted.begin(), wanted.end());
    return options;
}

} // namespace detail

} // namespace ktest
