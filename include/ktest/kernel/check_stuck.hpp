#pragma once

#include <ktest/kernel/config_request.hpp>
#include <ktest/kernel/kconfig_reader.hpp>
#include <ktest/kernel/kconfig_reason.hpp>
#include <ktest/kernel/source_tree.hpp>

#include <fmt/ranges.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace ktest::detail {

/// Whether all that is wanted is in a configuration that make has seen; else an error (not_in_tree) that says
/// of each option why it is not.
inline auto check_stuck(source_tree const& tree, kconfig const& config,
                        std::vector<wanted_option> const& wanted) -> result<void> {
    std::vector<std::string> reasons;
    kconfig_source source;
    for (auto const& [origin, option] : wanted) {
        if (unmet_options(config, {option}).empty()) continue;
        if (source.files == 0) {
            auto const* const architecture = std::getenv("ARCH");
            source = read_kconfig_source(tree.source,
                                         source_architecture(architecture != nullptr ? architecture : ""));
        }
        reasons.push_back(fmt::format("{}: {} did not stick: {}", origin, to_string(option),
                                      explain(source, option, config)));
    }
    if (reasons.empty()) return {};
    return tl::unexpected{error{fault::not_in_tree, fmt::format("{}", fmt::join(reasons, "\n"))}};
}

} // namespace ktest::detail
