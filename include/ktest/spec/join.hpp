#pragma once

#include <ktest/spec/asked_script.hpp>
#include <ktest/spec/deps_checks.hpp>
#include <ktest/spec/find_requirement.hpp>
#include <ktest/spec/option_clash.hpp>

#include <algorithm>

namespace ktest {

namespace detail {

template<class T>
void unite(std::vector<T>& all, std::vector<T> const& more) {
    for (auto const& one : more)
        if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
}

inline auto largest_disks(std::vector<bytes> one, std::vector<bytes> const& other) -> std::vector<bytes> {
    one.resize(std::max(one.size(), other.size()));
    for (std::size_t i = 0; i < other.size(); ++i) one[i] = std::max(one[i], other[i]);
    return one;
}

/// A requirement of a script by the name that it has for one in `directory`; what is not beside the script is
/// a program on PATH for both.
inline auto seen_from(std::filesystem::path const& directory, std::filesystem::path const& script,
                      std::string const& name) -> std::string {
    auto const beside = script.parent_path() / name;
    if (name[0] == '/' || script.parent_path() == directory || !is_there(beside)) return name;
    auto const relative = beside.lexically_normal().lexically_relative(directory.lexically_normal());
    return relative.empty() ? std::filesystem::absolute(beside).string() : relative.string();
}

/// Two scripts ask for nothing that one guest cannot be.
inline auto check_agreement(asked_script const& one, asked_script const& other) -> result<void> {
    for (auto const& option : one.spec.config)
        for (auto const& another : other.spec.config)
            if (clash(option, another))
                return usage_error("{}:deps: CONFIG: {} clashes with {} of {}", one.path.string(),
                                   to_string(option), to_string(another), other.path.string());
    if (!one.spec.nodes.empty() && !other.spec.nodes.empty())
        return usage_error("{}:deps: NODES: {} has NODES, too: one script alone says what VMs there are",
                           one.path.string(), other.path.string());
    return {};
}

} // namespace detail

/// What a library and a script that requires it need together, where they agree. Subtests are the script's
/// own; its words for the kernel are the last, for of two values the kernel takes the later.
inline auto join(test_spec const& library, test_spec const& script) -> test_spec {
    auto both = script;
    both.memory = std::max(library.memory, script.memory);
    both.scratch = detail::largest_disks(library.scratch, script.scratch);
    both.cpus = std::max(library.cpus, script.cpus);
    both.timeout = std::max(library.timeout, script.timeout);
    both.append = library.append;
    both.append.insert(both.append.end(), script.append.begin(), script.append.end());
    detail::unite(both.require, library.require);
    detail::unite(both.tree_require, library.tree_require);
    detail::unite(both.config, library.config);
    detail::unite(both.splats, library.splats);
    if (script.nodes.empty()) {
        both.nodes = library.nodes;
        both.node_specs = library.node_specs;
        both.networks = library.networks;
    }
    both.cold_boot |= library.cold_boot;
    both.may_reboot |= library.may_reboot;
    both.open_network |= library.open_network;
    return both;
}

/// What a test needs with its libraries, which stand before those that require them, so that the test is the
/// last. An error names the two scripts that disagree.
inline auto join(std::vector<asked_script> const& scripts) -> result<test_spec> {
    for (auto one = scripts.rbegin(); one != scripts.rend(); ++one)
        for (auto other = std::next(one); other != scripts.rend(); ++other)
            if (auto const agree = detail::check_agreement(*one, *other); !agree)
                return tl::unexpected{agree.error()};
    auto const& test = scripts.back();
    auto all = test.spec;
    for (auto library = std::next(scripts.rbegin()); library != scripts.rend(); ++library) {
        auto needs = library->spec;
        for (auto& name : needs.require)
            name = detail::seen_from(test.path.parent_path(), library->path, name);
        all = join(needs, all);
    }
    return all;
}

} // namespace ktest
