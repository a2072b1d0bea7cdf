#pragma once

#include <ktest/spec/deps_checks.hpp>
#include <ktest/spec/deps_syntax.hpp>
#include <ktest/spec/deps_values.hpp>

#include <array>

namespace ktest {

/// Who answers `deps`: a library, brought by TEST_REQUIRE, need not say MEM.
enum class deps_of { test, library };

namespace detail {

/// A key of `deps`, and how its value gets into a test_spec, a node_spec or a network.
template<class Target>
struct deps_key {
    std::string_view name;
    bool is_list; ///< may be given several times
    auto(*read)(std::string_view value, Target& into) -> result<void>;
    auto(*check)(Target const& so_far) -> result<void>;
};

template<class Member>
struct owner_of;
template<class Owner, class T>
struct owner_of<T Owner::*> {
    using type = Owner;
};
template<auto Member>
using owner = typename owner_of<decltype(Member)>::type;
template<auto Member>
using check_of = auto(*)(owner<Member> const&) -> result<void>;

/// The list itself; an optional one comes into being.
template<class T>
auto list_of(std::vector<T>& list) -> std::vector<T>& {
    return list;
}
template<class T>
auto list_of(std::optional<std::vector<T>>& list) -> std::vector<T>& {
    return list ? *list : list.emplace();
}

/// A key that is given once: what `Read` makes of its value becomes the member.
template<auto Member, auto Read>
constexpr auto once(std::string_view name) -> deps_key<owner<Member>> {
    auto const read = [](std::string_view value, owner<Member>& into) {
        return Read(value).map([&](auto got) { into.*Member = std::move(got); });
    };
    return {name, false, read, nullptr};
}

/// A list: what `Read` makes of each value comes behind what there is.
template<auto Member, auto Read>
constexpr auto joined(std::string_view name, check_of<Member> check = nullptr) -> deps_key<owner<Member>> {
    auto const read = [](std::string_view value, owner<Member>& into) {
        return Read(value).map([&](auto got) {
            auto& all = list_of(into.*Member);
            all.insert(all.end(), got.begin(), got.end());
        });
    };
    return {name, true, read, check};
}

/// A list that holds each thing once.
template<auto Member, auto Read>
constexpr auto united(std::string_view name, check_of<Member> check = nullptr) -> deps_key<owner<Member>> {
    auto const read = [](std::string_view value, owner<Member>& into) {
        return Read(value).map([&](auto got) {
            auto& all = list_of(into.*Member);
            for (auto& one : got)
                if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(std::move(one));
        });
    };
    return {name, true, read, check};
}

/// The keys of a test, read in this order whatever order the lines have: NETS speaks of NODES.
inline constexpr std::array test_keys{
    once<&test_spec::memory, read_memory>("MEM"),
    joined<&test_spec::scratch, read_scratch>("SCRATCH", check_test_scratch),
    united<&test_spec::require, split_list>("REQUIRE"),
    united<&test_spec::tree_require, split_list>("LREQUIRE"),
    united<&test_spec::test_require, split_list>("TEST_REQUIRE"),
    once<&test_spec::cpus, read_cpus>("CPUS"),
    once<&test_spec::timeout, read_timeout>("TIMEOUT"),
    united<&test_spec::config, read_options>("CONFIG", check_options),
    joined<&test_spec::append, split_words>("APPEND"),
    united<&test_spec::tests, read_subtests>("TESTS"),
    joined<&test_spec::nodes, read_nodes>("NODES", check_nodes),
    joined<&test_spec::networks, read_networks>("NETS", check_networks),
    once<&test_spec::cold_boot, read_cold>("BOOT"),
    once<&test_spec::may_reboot, read_allow>("REBOOT"),
    once<&test_spec::open_network, read_open>("NET"),
    united<&test_spec::splats, read_splats>("SPLAT"),
};

/// `MEM.server=1G`: what one node has of its own.
inline constexpr std::array node_keys{
    once<&node_spec::memory, read_memory>("MEM"),
    joined<&node_spec::scratch, read_scratch>("SCRATCH", check_node_scratch),
    once<&node_spec::cpus, read_cpus>("CPUS"),
};

/// `MTU.lan=9000`: what one network has of its own.
inline constexpr std::array network_keys{
    once<&network::mtu, read_mtu>("MTU"),
};

template<class Keys>
auto find_key(Keys const& keys, std::string_view name) {
    auto const found =
        std::find_if(keys.begin(), keys.end(), [&](auto const& key) { return key.name == name; });
    return found == keys.end() ? nullptr : &*found;
}

template<class Keys>
auto key_names(Keys const& keys) -> std::vector<std::string_view> {
    std::vector<std::string_view> names;
    for (auto const& key : keys) names.push_back(key.name);
    return names;
}

/// The key exists and may have what it has behind its dot; no error says where.
inline auto check_key(deps_entry const& entry) -> result<void> {
    auto const* of_test = find_key(test_keys, entry.key);
    auto const* of_network = find_key(network_keys, entry.key);
    if (entry.of && !find_key(node_keys, entry.key) && !of_network && of_test)
        return usage_error("{} is the whole test's (a node can have {} of its own, a network {})", entry.key,
                           fmt::join(key_names(node_keys), ", "), fmt::join(key_names(network_keys), ", "));
    if (!entry.of && of_network) return usage_error("of which network? (want {}.lan=...)", entry.key);
    if (of_test || of_network) return {};
    auto const meant = suggestion(entry.key, key_names(test_keys));
    return usage_error("no such key{}",
                       meant.empty() ? fmt::format(" (there are {})", fmt::join(key_names(test_keys), ", "))
                                     : meant);
}

template<class Target>
auto read_value(deps_key<Target> const& key, deps_entry const& entry, Target& into) -> result<void> {
    auto read = key.read(entry.value, into);
    return read && key.check ? key.check(into) : read;
}

/// A key with a dot, when the nodes and networks are known.
inline auto read_part(deps_entry const& entry, test_spec& spec) -> result<void> {
    if (auto const* key = find_key(network_keys, entry.key)) {
        auto const has_name = [&](network const& net) { return net.name == *entry.of; };
        auto const net = std::find_if(spec.networks.begin(), spec.networks.end(), has_name);
        if (net == spec.networks.end()) return usage_error("no network '{}' in NETS", shortened(*entry.of));
        return read_value(*key, entry, *net);
    }
    if (std::find(spec.nodes.begin(), spec.nodes.end(), *entry.of) == spec.nodes.end())
        return usage_error("no node '{}' in NODES{}", shortened(*entry.of),
                           suggestion(*entry.of, spec.nodes));
    return read_value(*find_key(node_keys, entry.key), entry, spec.node_specs[*entry.of]);
}

inline auto check_once(deps_entry const& entry, std::vector<deps_entry> const& all) -> result<void> {
    auto const* key = find_key(test_keys, entry.key);
    if (key && key->is_list) return {};
    auto const same = [&](deps_entry const& other) { return other.name() == entry.name(); };
    auto const first = std::find_if(all.begin(), all.end(), same);
    if (first->line != entry.line) return usage_error("given twice (line {} has it too)", first->line);
    return {};
}

} // namespace detail

/// Reads what `TEST deps` printed; `test` names it in errors, `tests/bcache:deps:3: SCRATCH: ...`.
/// Without NETS, several nodes are on one network, `lan`.
inline auto parse_deps(std::string_view text, std::string_view test, deps_of kind = deps_of::test)
    -> result<test_spec> {
    auto const entries = read_deps_lines(text, test);
    if (!entries) return tl::unexpected{entries.error()};
    result<void> good;
    auto const failed = [&](deps_entry const& entry, result<void> outcome) {
        if (!outcome)
            good = deps_error(test, entry.line,
                              detail::shortened(entry.name()) + ": " + outcome.error().message);
        return !outcome;
    };
    for (auto const& entry : *entries)
        if (failed(entry, detail::check_key(entry)) || failed(entry, detail::check_once(entry, *entries)))
            return tl::unexpected{good.error()};

    test_spec spec;
    for (auto const& key : detail::test_keys)
        for (auto const& entry : *entries)
            if (entry.key == key.name && !entry.of && failed(entry, detail::read_value(key, entry, spec)))
                return tl::unexpected{good.error()};
    if (!spec.nodes.empty() && spec.networks.empty())
        spec.networks.push_back({"lan", spec.nodes, std::nullopt});
    for (auto const& entry : *entries)
        if (entry.of && failed(entry, detail::read_part(entry, spec))) return tl::unexpected{good.error()};

    if (kind == deps_of::test && entries->empty())
        return deps_error(test, 0, "it printed nothing (want KEY=VALUE lines, at least MEM=512M)");
    if (kind == deps_of::test && spec.memory == bytes{})
        return deps_error(test, 0,
                          "MEM is missing: how much memory does the VM get? (want MEM=512M, 2G, ...)");
    return spec;
}

} // namespace ktest
