#pragma once

#include <ktest/run/guest_outcome.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ktest {

/// What became of the VMs of one test.
struct nodes_outcome {
    std::vector<guest_outcome> nodes; ///< in the order of NODES
    std::optional<std::size_t> cause; ///< the first that did not pass; the others' ends followed from it
    std::optional<std::string> interrupted_by; ///< whoever ended all of them; none: nobody did
};

/// The same verdict with a node's name before its reason.
inline auto of_node(verdict said, std::string const& node) -> verdict {
    std::visit(
        [&](auto& one) {
            if constexpr (requires { one.reason; })
                one.reason = one.reason.empty() ? node : node + ": " + one.reason;
        },
        said);
    return said;
}

/// What a test of several nodes says: passed where every node has, else what the node said that did not pass
/// first, and which it is.
inline auto joint_verdict(std::vector<std::string> const& names, std::vector<verdict> const& said,
                          std::optional<std::size_t> cause) -> verdict {
    auto const has_passed = [](verdict const& one) { return std::holds_alternative<passed>(one); };
    auto const first =
        static_cast<std::size_t>(std::find_if_not(said.begin(), said.end(), has_passed) - said.begin());
    if (first == said.size()) return passed{};
    auto const guilty = cause.value_or(first);
    return of_node(said[guilty], names[guilty]);
}

} // namespace ktest
