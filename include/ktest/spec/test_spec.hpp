#pragma once

#include <ktest/spec/bytes.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ktest {

/// One kernel option that a test needs, `BCACHE` or `BCACHE=m`; `names` holds the alternatives of `A/B`.
struct kernel_option {
    std::vector<std::string> names;
    std::optional<std::string> value; ///< none: y or m will do
    friend auto operator==(kernel_option const&, kernel_option const&) -> bool = default;
};

/// How kernel reports (WARNING, lockdep, KASAN, ...) of a test are judged.
struct splat_rule {
    enum class kind { allow, expect };
    kind what{};
    std::string pattern; ///< empty: every report
    friend auto operator==(splat_rule const&, splat_rule const&) -> bool = default;
};

/// One network between the nodes of a test.
struct network {
    std::string name;
    std::vector<std::string> nodes;
    std::optional<unsigned> mtu;
    friend auto operator==(network const&, network const&) -> bool = default;
};

/// What one VM of several differs in: the keys `MEM.server`, `CPUS.server`, `SCRATCH.server`.
struct node_spec {
    std::optional<bytes> memory;
    std::optional<unsigned> cpus;
    std::optional<std::vector<bytes>> scratch;
    friend auto operator==(node_spec const&, node_spec const&) -> bool = default;
};

/// What a test asks for: the answer of `TEST deps`, read and checked.
struct test_spec {
    bytes memory;               ///< MEM
    std::vector<bytes> scratch; ///< SCRATCH: sizes of /dev/vda, /dev/vdb, ...
    std::vector<std::string> require;
    std::vector<std::string> tree_require; ///< LREQUIRE: looked up in the kernel's source tree
    std::vector<std::string> test_require;
    std::optional<unsigned> cpus;
    std::optional<std::chrono::seconds> timeout;
    std::vector<kernel_option> config;
    std::vector<std::string> append; ///< words for the kernel's command line
    std::vector<std::string> tests;  ///< names of subtests
    std::vector<std::string> nodes;
    std::map<std::string, node_spec> node_specs;
    std::vector<network> networks;
    bool cold_boot = false;    ///< BOOT=cold
    bool may_reboot = false;   ///< REBOOT=allow
    bool open_network = false; ///< NET=open
    std::vector<splat_rule> splats;
    friend auto operator==(test_spec const&, test_spec const&) -> bool = default;
};

} // namespace ktest
