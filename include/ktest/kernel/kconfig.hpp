#pragma once

#include <ktest/spec/option_clash.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

/// A .config that was read: names without CONFIG_, values as they stand there (`y`, `m`, `64`, `"text"`).
struct kconfig {
    std::map<std::string, std::string, std::less<>> values;
    /// Empty: not set.
    auto value(std::string_view name) const -> std::string_view {
        auto const entry = values.find(name);
        return entry == values.end() ? std::string_view{} : entry->second;
    }
    friend auto operator==(kconfig const&, kconfig const&) -> bool = default;
};

/// An option that a .config has not as it is wanted.
struct unmet_option {
    kernel_option wanted;
    std::string found; ///< empty: not set
    friend auto operator==(unmet_option const&, unmet_option const&) -> bool = default;
};

/// `BCACHE=y (is m)`, `FOO (is not set)`.
inline auto to_string(unmet_option const& option) -> std::string {
    return to_string(option.wanted) + (option.found.empty() ? " (is not set)" : " (is " + option.found + ')');
}

namespace detail {

/// What a line of a .config says; the value is `n` where the option is not set.
struct config_line {
    std::string_view name;
    std::string_view value;
};

inline auto read_config_line(std::string_view line) -> std::optional<config_line> {
    constexpr std::string_view name_letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    auto const is_comment = line.starts_with("# ");
    if (is_comment) line.remove_prefix(2);
    if (!line.starts_with("CONFIG_")) return std::nullopt;
    line.remove_prefix(7);
    auto const length = line.find_first_not_of(name_letters);
    if (length == 0 || length == std::string_view::npos) return std::nullopt;
    auto const rest = line.substr(length);
    if (is_comment && rest == " is not set") return config_line{line.substr(0, length), "n"};
    if (is_comment || rest.size() < 2 || rest.front() != '=') return std::nullopt;
    return config_line{line.substr(0, length), rest.substr(1)};
}

/// Calls `take(line, what it says)` for every line, without its newline.
template<class Take>
void for_config_lines(std::string_view text, Take take) {
    while (!text.empty()) {
        auto const end = text.find('\n');
        auto const line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        take(line, read_config_line(line));
    }
}

constexpr auto unquoted(std::string_view value) -> std::string_view {
    return value.size() >= 2 && value.front() == '"' && value.back() == '"'
               ? value.substr(1, value.size() - 2)
               : value;
}

inline auto is_met(std::string_view found, std::optional<std::string> const& wanted) -> bool {
    if (!wanted) return found == "y" || found == "m";
    return *wanted == "n" ? found.empty() : !found.empty() && unquoted(found) == unquoted(*wanted);
}

/// The values to write, by name; an option that is named alone wins over alternatives, a value over none.
inline auto values_to_write(kconfig const& there, std::vector<kernel_option> const& options) {
    std::map<std::string, std::string, std::less<>> values;
    auto const add = [&](bool alternatives, bool bare) {
        for (auto const& option : options)
            for (auto const& name : option.names) {
                if ((option.names.size() > 1) != alternatives || !option.value.has_value() != bare) continue;
                if (bare && there.value(name) == "m")
                    values[name] = "m";
                else
                    values[name] = option.value.value_or("y");
            }
    };
    for (auto const alternatives : {true, false})
        for (auto const bare : {true, false}) add(alternatives, bare);
    return values;
}

inline auto config_text(std::string_view name, std::string_view value) -> std::string {
    if (value == "n") return "# CONFIG_" + std::string{name} + " is not set\n";
    return "CONFIG_" + std::string{name} + '=' + std::string{value} + '\n';
}

} // namespace detail

/// Reads a .config, or a fragment of one; lines that say nothing about an option are passed over, and the
/// last line about one counts.
inline auto parse_kconfig(std::string_view text) -> kconfig {
    kconfig config;
    detail::for_config_lines(text, [&](std::string_view, std::optional<detail::config_line> const& said) {
        if (!said) return;
        if (said->value == "n")
            config.values.erase(std::string{said->name});
        else
            config.values.insert_or_assign(std::string{said->name}, std::string{said->value});
    });
    return config;
}

/// The lines of a fragment as options: `CONFIG_X=y`, `# CONFIG_X is not set`.
inline auto options_of(std::string_view fragment) -> std::vector<kernel_option> {
    std::vector<kernel_option> options;
    detail::for_config_lines(fragment, [&](std::string_view, std::optional<detail::config_line> const& said) {
        if (said) options.push_back({{std::string{said->name}}, std::string{said->value}});
    });
    return options;
}

/// Which of `options` the configuration has not; of alternatives one is enough (and `=n` means none of them).
inline auto unmet_options(kconfig const& config, std::vector<kernel_option> const& options)
    -> std::vector<unmet_option> {
    std::vector<unmet_option> unmet;
    for (auto const& option : options) {
        std::string_view found;
        auto met = 0U;
        for (auto const& name : option.names) {
            auto const value = config.value(name);
            if (found.empty()) found = value;
            if (detail::is_met(value, option.value)) ++met;
        }
        if (met < (option.value == "n" ? option.names.size() : 1))
            unmet.push_back({option, std::string{found}});
    }
    return unmet;
}

/// The text of a .config with `options` set: a bare name to y, where it is not m already; every alternative.
inline auto applied(std::string_view text, std::vector<kernel_option> const& options) -> std::string {
    auto values = detail::values_to_write(parse_kconfig(text), options);
    std::string result;
    result.reserve(text.size() + 40 * values.size());
    detail::for_config_lines(text,
                             [&](std::string_view line, std::optional<detail::config_line> const& said) {
                                 if (!said || !values.contains(said->name)) result.append(line) += '\n';
                             });
    for (auto const& [name, value] : values) result += detail::config_text(name, value);
    return result;
}

} // namespace ktest
