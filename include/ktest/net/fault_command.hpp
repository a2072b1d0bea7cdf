#pragma once

#include <ktest/net/addresses.hpp>
#include <ktest/net/fault_values.hpp>
#include <ktest/net/link_settings.hpp>
#include <ktest/spec/deps_syntax.hpp>

#include <variant>

namespace ktest {

/// The two nodes do not hear each other; one way: `to` does not hear `from`.
struct cut_nodes {
    std::string from, to;
    cut_direction direction = cut_direction::both;
    friend auto operator==(cut_nodes const&, cut_nodes const&) -> bool = default;
};
struct heal_nodes {
    std::string one, other;
    friend auto operator==(heal_nodes const&, heal_nodes const&) -> bool = default;
};
/// Nothing is wrong with the network's links any more; a node that is down stays down.
struct heal_network {
    friend auto operator==(heal_network, heal_network) -> bool = default;
};
/// The node's card in this network gets or loses its carrier.
struct set_carrier {
    std::string node;
    bool up = false;
    friend auto operator==(set_carrier const&, set_carrier const&) -> bool = default;
};

/// What a test tells a network to suffer from.
struct fault_command {
    using action = std::variant<frame_loss, frame_delay, frame_duplication, frame_reordering, link_rate,
                                cut_nodes, heal_nodes, heal_network, set_carrier>;
    std::string network;
    action what;
    friend auto operator==(fault_command const&, fault_command const&) -> bool = default;
};

namespace detail {

using action_result = result<fault_command::action>;
using fault_arguments = std::vector<std::string>;

inline auto check_node(network const& net, std::string const& node) -> result<void> {
    if (has_node(net, node)) return {};
    return usage_error("'{}' is no node of {} (there are {}){}", shortened(node), net.name,
                       fmt::join(net.nodes, ", "), suggestion(node, net.nodes));
}

inline auto check_pair(network const& net, std::string const& one, std::string const& other) -> result<void> {
    if (auto known = check_node(net, one); !known) return known;
    if (auto known = check_node(net, other); !known) return known;
    if (one == other) return usage_error("'{}' twice (want two nodes)", one);
    return {};
}

template<class Setting>
auto read_share(network const&, fault_arguments const& words) -> action_result {
    return read_probability(words[0]).map(
        [](probability share) { return fault_command::action{Setting{share}}; });
}

inline auto read_delay_words(network const&, fault_arguments const& words) -> action_result {
    auto const mean = read_delay(words[0]);
    if (!mean) return tl::unexpected{mean.error()};
    auto const jitter = words.size() > 1 ? read_delay(words[1]) : std::chrono::nanoseconds{};
    if (!jitter) return tl::unexpected{jitter.error()};
    if (*jitter > *mean)
        return usage_error("'{}' is more than the delay that it varies, {}", words[1], words[0]);
    return frame_delay{*mean, *jitter};
}

inline auto read_rate_word(network const&, fault_arguments const& words) -> action_result {
    return read_rate(words[0]).map([](link_rate rate) { return fault_command::action{rate}; });
}

inline auto read_cut(network const& net, fault_arguments const& words) -> action_result {
    if (auto const pair = check_pair(net, words[0], words[1]); !pair) return tl::unexpected{pair.error()};
    if (words.size() > 2 && words[2] != "one-way")
        return usage_error("'{}' is not known here (want one-way, or nothing)", shortened(words[2]));
    return cut_nodes{words[0], words[1], words.size() > 2 ? cut_direction::one_way : cut_direction::both};
}

inline auto read_heal(network const& net, fault_arguments const& words) -> action_result {
    if (words.empty()) return heal_network{};
    if (words.size() == 1) return usage_error("'{}' alone (want two nodes, or none)", shortened(words[0]));
    if (auto const pair = check_pair(net, words[0], words[1]); !pair) return tl::unexpected{pair.error()};
    return heal_nodes{words[0], words[1]};
}

template<bool Up>
auto read_carrier(network const& net, fault_arguments const& words) -> action_result {
    if (auto const known = check_node(net, words[0]); !known) return tl::unexpected{known.error()};
    return set_carrier{words[0], Up};
}

struct fault_verb {
    std::string_view name;
    std::string_view example; ///< of its arguments
    std::size_t fewest, most; ///< arguments
    action_result (*read)(network const&, fault_arguments const&);
};

constexpr std::array fault_verbs{
    fault_verb{"loss", "5%", 1, 1, read_share<frame_loss>},
    fault_verb{"delay", "20ms 5ms", 1, 2, read_delay_words},
    fault_verb{"dup", "1%", 1, 1, read_share<frame_duplication>},
    fault_verb{"reorder", "2%", 1, 1, read_share<frame_reordering>},
    fault_verb{"rate", "10mbit", 1, 1, read_rate_word},
    fault_verb{"cut", "NODE NODE [one-way]", 2, 3, read_cut},
    fault_verb{"heal", "[NODE NODE]", 0, 2, read_heal},
    fault_verb{"down", "NODE", 1, 1, read_carrier<false>},
    fault_verb{"up", "NODE", 1, 1, read_carrier<true>},
};

inline auto fault_names() {
    std::vector<std::string_view> names;
    for (auto const& verb : fault_verbs) names.push_back(verb.name);
    return names;
}

} // namespace detail

/// Reads `lan loss 5%`, `lan cut server client`, `lan heal`, ... of a test with these networks. An error
/// names the word that is wrong and what is possible there.
inline auto parse_fault_command(std::string_view text, std::vector<network> const& networks)
    -> result<fault_command> {
    if (auto const at = detail::find_rubbish(text); at != std::string_view::npos)
        return usage_error("byte {} (0x{:02x}) is not text", at + 1, static_cast<unsigned char>(text[at]));
    auto words = split_words(text);
    if (!words) return tl::unexpected{words.error()};
    std::vector<std::string_view> known;
    for (auto const& net : networks) known.emplace_back(net.name);
    auto const names = detail::fault_names();
    if (words->size() < 2)
        return usage_error("want NETWORK FAULT ...: one of the networks {}, one of {}",
                           fmt::join(known, ", "), fmt::join(names, ", "));

    auto const net = find_network(networks, words->at(0));
    if (net == networks.end())
        return usage_error("'{}' is no network (there are {}){}", detail::shortened(words->at(0)),
                           fmt::join(known, ", "), detail::suggestion(words->at(0), known));
    auto const verb = std::find(names.begin(), names.end(), words->at(1));
    if (verb == names.end())
        return usage_error("'{}' is no fault (there are {}){}", detail::shortened(words->at(1)),
                           fmt::join(names, ", "), detail::suggestion(words->at(1), names));

    auto const& rule = detail::fault_verbs[static_cast<std::size_t>(verb - names.begin())];
    detail::fault_arguments const arguments{words->begin() + 2, words->end()};
    if (arguments.size() < rule.fewest || arguments.size() > rule.most)
        return usage_error("'{}' has {} (want {} {} {})",
                           detail::shortened(fmt::format("{}", fmt::join(*words, " "))),
                           arguments.size() < rule.fewest ? "a word too few" : "a word too many", net->name,
                           rule.name, rule.example);
    return rule.read(*net, arguments).map([&](fault_command::action what) {
        return fault_command{net->name, std::move(what)};
    });
}

} // namespace ktest
