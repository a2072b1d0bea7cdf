#pragma once

#include <ktest/result.hpp>
#include <ktest/spec/test_spec.hpp>

#include <array>
#include <string_view>

namespace ktest {

/// Refuses a test that asks for what ktest reads but cannot give yet: better no run than a wrong verdict.
inline auto check_supported(test_spec const& spec, std::string_view test) -> result<void> {
    struct demand {
        std::string_view key;
        bool asked;
        std::string_view needs;
    };
    std::array const demands{
        demand{"NODES", !spec.nodes.empty(), "several VMs in one run"},
        demand{"NETS", !spec.networks.empty(), "several VMs in one run"},
    };
    for (auto const& [key, asked, needs] : demands)
        if (asked)
            return usage_error("{}:deps: {}: needs {}, which this version does not do", test, key, needs);
    return {};
}

} // namespace ktest
