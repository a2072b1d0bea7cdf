#pragma once

// The values of the keys of `deps`, each from its text. Errors say what is wrong, not where: that is known to
// the reader of the keys.

#include <ktest/spec/deps_syntax.hpp>
#include <ktest/spec/nearest.hpp>
#include <ktest/spec/pattern.hpp>
#include <ktest/spec/test_spec.hpp>

#include <algorithm>
#include <initializer_list>

namespace ktest {

namespace detail {

/// What a kind of name is made of: letters, digits and, behind the first character, `also`.
struct name_rule {
    std::string_view what;
    std::string_view also;
    std::size_t longest;
};
constexpr name_rule node_names{"node", "-", 63}; // a host name (RFC 1123)
constexpr name_rule network_names{"network", "-_", 15};
constexpr name_rule subtest_names{"subtest", "-_.:/+@=%", 200};
constexpr name_rule option_names{"kernel option", "_", 200};

inline auto check_name(std::string_view name, name_rule const& rule) -> result<void> {
    constexpr std::string_view plain = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    auto const allowed = [&](char c) {
        return (plain.find(c) & rule.also.find(c)) != std::string_view::npos;
    };
    if (!name.empty() && name.size() <= rule.longest && std::all_of(name.begin(), name.end(), allowed)
        && plain.find(name[0]) != std::string_view::npos)
        return {};
    return usage_error("'{}' is not a {}'s name (letters, digits and {} behind the first, at most {})",
                       shortened(name), rule.what, rule.also, rule.longest);
}

} // namespace detail

/// MEM: a bare number is MiB, as for QEMU's -m.
inline auto read_memory(std::string_view text) -> result<bytes> {
    using namespace literals;
    auto size = parse_bytes(text, bare_number::mebibytes);
    if (size && *size < 16_MiB)
        return usage_error("'{}' is too little for a kernel (want 512M, 2G, ...)", detail::shortened(text));
    return size;
}

/// SCRATCH: each size with a suffix, in whole sectors.
inline auto read_scratch(std::string_view text) -> result<std::vector<bytes>> {
    auto const sizes = split_list(text);
    if (!sizes) return tl::unexpected{sizes.error()};
    std::vector<bytes> disks;
    for (auto const& word : *sizes) {
        auto const size = parse_bytes(word, bare_number::refused);
        if (!size) return tl::unexpected{size.error()};
        if (size->count % 512 != 0)
            return usage_error("'{}' is not a multiple of a sector (512B)", detail::shortened(word));
        disks.push_back(*size);
    }
    return disks;
}

inline auto read_number(std::string_view text, unsigned lowest, unsigned highest) -> result<unsigned> {
    std::uint64_t number = 0;
    auto rest = text;
    if (!detail::take_number(rest, number) || !rest.empty() || number < lowest || number > highest)
        return usage_error("'{}' is not a whole number from {} to {}", detail::shortened(text), lowest,
                           highest);
    return static_cast<unsigned>(number);
}
inline auto read_cpus(std::string_view text) { return read_number(text, 1, 255); }
inline auto read_mtu(std::string_view text) {
    return read_number(text, 68, 65535);
} // RFC 791 to virtio's u16
inline auto read_timeout(std::string_view text) {
    return read_number(text, 1, 10'000'000).map([](unsigned count) { return std::chrono::seconds{count}; });
}

inline auto read_names(std::string_view text, detail::name_rule const& rule)
    -> result<std::vector<std::string>> {
    auto names = split_list(text);
    if (!names) return names;
    for (auto const& name : *names)
        if (auto const good = detail::check_name(name, rule); !good) return tl::unexpected{good.error()};
    return names;
}
inline auto read_nodes(std::string_view text) { return read_names(text, detail::node_names); }
inline auto read_subtests(std::string_view text) { return read_names(text, detail::subtest_names); }

/// A key that knows one word: true.
inline auto read_word(std::string_view text, std::string_view word) -> result<bool> {
    if (text != word) return usage_error("'{}' is not known here (want {})", detail::shortened(text), word);
    return true;
}
inline auto read_cold(std::string_view text) { return read_word(text, "cold"); }
inline auto read_allow(std::string_view text) { return read_word(text, "allow"); }
inline auto read_open(std::string_view text) { return read_word(text, "open"); }

/// The value of an option as .config has it: `y`, `m`, `n`, `64`, `-1`, `0x1f`, `"text"`.
inline auto is_option_value(std::string_view text) -> bool {
    auto const only = [](std::string_view word, std::string_view characters) {
        return !word.empty() && word.find_first_not_of(characters) == std::string_view::npos;
    };
    if (text == "y" || text == "m" || text == "n") return true;
    if (text.substr(0, 2) == "0x") return only(text.substr(2), "0123456789abcdefABCDEF");
    if (text.size() >= 2 && text.front() == '"') return text.find('"', 1) == text.size() - 1;
    return only(text.substr(text.substr(0, 1) == "-" ? 1 : 0), "0123456789");
}

/// One of CONFIG: `BCACHE`, `BCACHE=m`, `OLD/NEW=y`; `CONFIG_` in front of a name is tolerated.
inline auto read_option(std::string_view text) -> result<kernel_option> {
    kernel_option option;
    auto const equals = text.find('=');
    auto names = detail::trim(text.substr(0, equals));
    for (std::size_t slash = 0; slash != std::string_view::npos;) {
        slash = names.find('/');
        auto name = detail::trim(names.substr(0, slash));
        names.remove_prefix(std::min(names.size(), name.size() + 1));
        constexpr std::string_view prefix = "CONFIG_";
        if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
        if (name.starts_with(prefix)) // it would be taken off again wherever the name is read once more
            return usage_error("'{}' is not a kernel option's name (CONFIG_ stands twice)",
                               detail::shortened(name));
        if (auto const good = detail::check_name(name, detail::option_names); !good)
            return tl::unexpected{good.error()};
        option.names.emplace_back(name);
    }
    if (equals == std::string_view::npos) return option;
    auto const value = detail::trim(text.substr(equals + 1));
    if (!is_option_value(value))
        return usage_error("'{}' is not a value of {} (want y, m, n, a number or \"a text\")",
                           detail::shortened(value), option.names.front());
    option.value = value;
    return option;
}

inline auto read_options(std::string_view text) -> result<std::vector<kernel_option>> {
    auto const words = split_list(text);
    if (!words) return tl::unexpected{words.error()};
    std::vector<kernel_option> options;
    for (auto const& word : *words) {
        auto option = read_option(word);
        if (!option) return tl::unexpected{option.error()};
        options.push_back(std::move(*option));
    }
    return options;
}

/// NETS: `lan:server,client wan:client,peer`.
inline auto read_networks(std::string_view text) -> result<std::vector<network>> {
    auto const words = split_words(text);
    if (!words) return tl::unexpected{words.error()};
    std::vector<network> networks;
    for (auto const& word : *words) {
        auto const colon = word.find(':');
        if (colon == std::string::npos)
            return usage_error("'{}' is not a network (want lan:server,client)", detail::shortened(word));
        auto const name = word.substr(0, colon);
        if (auto const good = detail::check_name(name, detail::network_names); !good)
            return tl::unexpected{good.error()};
        auto members = split_list(std::string_view{word}.substr(colon + 1));
        if (!members) return tl::unexpected{members.error()};
        if (members->empty()) return usage_error("the network '{}' has no nodes", name);
        networks.push_back({name, std::move(*members), std::nullopt});
    }
    return networks;
}

/// One of SPLAT: `allow`, `allow:PATTERN`, `expect:PATTERN`.
inline auto read_splat(std::string_view text) -> result<splat_rule> {
    auto const rule = detail::trim(text);
    auto const kind = rule.substr(0, rule.find(':'));
    auto const pattern = detail::trim(rule.substr(std::min(rule.size(), kind.size() + 1)));
    if ((kind != "allow" && kind != "expect") || (pattern.empty() && rule != "allow"))
        return usage_error("'{}' is not a rule (want allow, allow:PATTERN or expect:PATTERN)",
                           detail::shortened(rule));
    if (auto const readable = read_pattern(pattern); !readable) return tl::unexpected{readable.error()};
    return splat_rule{kind == "allow" ? splat_rule::kind::allow : splat_rule::kind::expect,
                      std::string{pattern}};
}

/// A comma separates rules only where one begins behind it, so a pattern may hold commas.
inline auto read_splats(std::string_view text) -> result<std::vector<splat_rule>> {
    auto const begins_rule = [](std::string_view piece) {
        auto const rule = detail::trim(piece);
        return rule == "allow" || rule.substr(0, 6) == "allow:" || rule.substr(0, 7) == "expect:";
    };
    std::vector<splat_rule> rules;
    for (std::size_t from = 0; from < text.size();) {
        auto to = text.find(',', from);
        while (to != std::string_view::npos
               && !begins_rule(text.substr(to + 1, text.find(',', to + 1) - to - 1)))
            to = text.find(',', to + 1);
        to = std::min(to, text.size());
        auto rule = read_splat(text.substr(from, to - from));
        if (!rule) return tl::unexpected{rule.error()};
        rules.push_back(std::move(*rule));
        from = to + 1;
    }
    return rules;
}

} // namespace ktest
