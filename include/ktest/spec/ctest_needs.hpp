#pragma once

#include <ktest/spec/test_spec.hpp>

#include <numeric>

namespace ktest {

/// What a CTest case of a test occupies, all of its VMs together: what CTest must know so that it starts no
/// more cases at once than the host can bear, and a scheduler, so that it finds a host for the case.
struct ctest_needs {
    std::uint64_t memory_mib = 0;
    unsigned processors = 1;
    std::uint64_t disk_mib = 0; ///< of the scratch disks
    unsigned machines = 1;
    friend auto operator==(ctest_needs const&, ctest_needs const&) -> bool = default;
};

/// A VM counts as one processor where no CPUS is said: most tests leave their second CPU idle.
inline auto needs_of(test_spec const& spec) -> ctest_needs {
    auto const mib = [](bytes size) { return (size.count + (1U << 20U) - 1) >> 20U; };
    auto const all_mib = [&](std::vector<bytes> const& disks) {
        return std::accumulate(disks.begin(), disks.end(), std::uint64_t{0},
                               [&](std::uint64_t sum, bytes size) { return sum + mib(size); });
    };
    if (spec.nodes.empty()) return {mib(spec.memory), spec.cpus.value_or(1), all_mib(spec.scratch)};
    auto const add = [&](ctest_needs sum, std::string const& node) {
        auto const own = spec.node_specs.find(node);
        auto const of_node = own == spec.node_specs.end() ? node_spec{} : own->second;
        sum.memory_mib += mib(of_node.memory.value_or(spec.memory));
        sum.processors += of_node.cpus.value_or(spec.cpus.value_or(1));
        sum.disk_mib += all_mib(of_node.scratch.value_or(spec.scratch));
        ++sum.machines;
        return sum;
    };
    return std::accumulate(spec.nodes.begin(), spec.nodes.end(), ctest_needs{0, 0, 0, 0}, add);
}

} // namespace ktest
