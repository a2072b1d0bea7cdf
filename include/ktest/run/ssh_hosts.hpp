#pragma once

#include <ktest/result.hpp>

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

/// A machine that ssh reaches.
struct ssh_host {
    std::string name;   ///< as ssh is given it
    unsigned slots = 0; ///< processors that cases may occupy at once
    friend auto operator==(ssh_host const&, ssh_host const&) -> bool = default;
};

/// A word of KTEST_HOSTS: `farm1:16`, `me@farm2.example.org:8`.
inline auto parse_ssh_host(std::string_view word) -> result<ssh_host> {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@:-";
    auto const colon = std::min(word.rfind(':'), word.size());
    ssh_host host{std::string{word.substr(0, colon)}};
    auto const slots = word.substr(std::min(colon + 1, word.size()));
    auto const [end, wrong] = std::from_chars(slots.data(), slots.data() + slots.size(), host.slots);
    if (host.name.empty() || host.name.front() == '-' // ssh would take it for an option
        || host.name.find_first_not_of(plain) != std::string::npos || wrong != std::errc{}
        || end != slots.data() + slots.size() || host.slots == 0)
        return usage_error("KTEST_HOSTS: '{}' is not a host and its processors (want farm1:16)", word);
    return host;
}

/// All of them. None, or one twice, is an error.
inline auto parse_ssh_hosts(std::vector<std::string> const& words) -> result<std::vector<ssh_host>> {
    std::vector<ssh_host> hosts;
    for (auto const& word : words) {
        auto host = parse_ssh_host(word);
        if (!host) return tl::unexpected{host.error()};
        for (auto const& other : hosts)
            if (other.name == host->name) return usage_error("KTEST_HOSTS: {} is there twice", host->name);
        hosts.push_back(std::move(*host));
    }
    if (hosts.empty())
        return usage_error("KTEST_LAUNCHER is ssh: on which hosts? (want KTEST_HOSTS=farm1:16)");
    return hosts;
}

/// The host that CTest gave a case: `id:0,slots:2` is the first of the list. Where CTest gave none, the only
/// one.
inline auto dealt_host(std::vector<ssh_host> const& hosts, char const* resource) -> result<ssh_host> {
    if (resource == nullptr && hosts.size() == 1) return hosts.front();
    if (resource == nullptr)
        return usage_error(
            "CTEST_RESOURCE_GROUP_0_KTEST_HOST is not set: CTest has given this case no host (it "
            "does with --resource-spec-file ktest-resources.json)");
    std::string_view number{resource};
    std::size_t index = hosts.size();
    if (number.starts_with("id:")) {
        number.remove_prefix(3);
        number = number.substr(0, number.find(','));
        if (auto const [end, wrong] = std::from_chars(number.data(), number.data() + number.size(), index);
            wrong != std::errc{} || end != number.data() + number.size())
            index = hosts.size();
    }
    if (index >= hosts.size())
        return usage_error("CTEST_RESOURCE_GROUP_0_KTEST_HOST={}: KTEST_HOSTS has {} hosts, from id:0 on",
                           resource, hosts.size());
    return hosts[index];
}

/// Where a case whose host failed is tried once more: one with room for it rather than one without. Cases are
/// spread over them by their names. None: there is no other.
inline auto another_host(std::vector<ssh_host> const& hosts, std::string_view failed, unsigned cpus,
                         std::string_view name) -> std::optional<ssh_host> {
    std::vector<ssh_host> large;
    std::vector<ssh_host> small;
    for (auto const& host : hosts)
        if (host.name != failed) (host.slots >= cpus ? large : small).push_back(host);
    auto const& others = large.empty() ? small : large;
    if (others.empty()) return std::nullopt;
    return others[std::hash<std::string_view>{}(name) % others.size()];
}

} // namespace ktest
