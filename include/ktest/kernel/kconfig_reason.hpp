#pragma once

#include <ktest/kernel/kconfig_expression.hpp>
#include <ktest/kernel/kconfig_source.hpp>
#include <ktest/spec/nearest.hpp>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

namespace detail {

/// Why an option has not the value that was wanted, with the options around it as they are now.
class kconfig_reason {
public:
    kconfig_reason(kconfig_source const& source, kconfig const& now) : source_{source}, now_{now} {}

    auto of(std::string const& name, std::string_view wanted) const -> std::string {
        auto const* const symbol = source_.find(name);
        if (symbol == nullptr) return "this tree has no such option";
        auto const& first = symbol->definitions.front();
        auto const place = fmt::format("({}:{})", first.file, first.line);
        if (auto wrong = type_clash(*symbol, wanted); !wrong.empty())
            return fmt::format("it {} {}", wrong, place);
        if (wanted == "n" || (wanted == "m" && now_.value(name) == "y"))
            if (auto const by = selectors(*symbol, true); !by.empty())
                return fmt::format("it is selected by {} {}", by, place);
        if (auto blocked = blocked_by(*symbol, wanted == "m" ? tristate::module : tristate::yes, deepest_);
            !blocked.empty())
            return blocked;
        if (!symbol->range.empty()) return fmt::format("it must be in the range {} {}", symbol->range, place);
        if (wanted == "m" && now_.value("MODULES") != "y")
            return fmt::format("there are no modules without MODULES, which is not set {}", place);
        if (first.choice >= 0)
            if (auto const other = chosen_instead(name, first.choice); !other.empty())
                return fmt::format("it is one of a choice, and {} is chosen {}", other, place);
        return fmt::format("it can be set as far as its Kconfig file tells {}; another option may exclude it",
                           place);
    }

private:
    static constexpr auto deepest_ = 2;

    static auto type_clash(kconfig_symbol const& symbol, std::string_view wanted) -> std::string {
        auto const is_switch = wanted == "y" || wanted == "m" || wanted == "n";
        if (symbol.type == "bool" && wanted == "m") return "is a bool: y or n";
        if ((symbol.type == "bool" || symbol.type == "tristate") && !is_switch)
            return symbol.type == "bool" ? "is a bool: y or n" : "is a tristate: y, m or n";
        if ((symbol.type == "int" || symbol.type == "hex") && (is_switch || !number(unquoted(wanted))))
            return fmt::format("is a number ({})", symbol.type);
        if (symbol.type == "string" && is_switch) return "is a text, such as \"abc\"";
        return "";
    }

    /// At most four of what selects it; `active`: only what is set.
    auto selectors(kconfig_symbol const& symbol, bool active) const -> std::string {
        std::vector<std::string> names;
        for (auto const& [name, condition] : symbol.selected_by)
            if (!active || (!now_.value(name).empty() && holds(condition))) names.push_back(name);
        std::sort(names.begin(), names.end());
        names.erase(std::unique(names.begin(), names.end()), names.end());
        constexpr std::size_t most = 4;
        auto const more = names.size() > most ? fmt::format(" and {} more", names.size() - most) : "";
        names.resize(std::min(names.size(), most));
        return fmt::format("{}{}", fmt::join(names, ", "), more);
    }
    auto holds(std::string_view condition) const -> bool {
        return condition.empty() || evaluate(read_kconfig_expression(condition), now_) != tristate::no;
    }

    /// Why no prompt of it can be answered with `wanted`; empty: one can.
    auto blocked_by(kconfig_symbol const& symbol, tristate wanted, int depth) const -> std::string {
        std::string reason;
        for (auto const& definition : symbol.definitions) {
            if (!definition.has_prompt) continue;
            auto conditions = definition.conditions;
            conditions.push_back(definition.prompt_condition);
            std::vector<std::string> unmet;
            std::vector<std::string> unknown;
            for (auto const& condition : conditions)
                if (!condition.empty())
                    collect(read_kconfig_expression(condition),
                            symbol.type == "tristate" ? wanted : tristate::module, depth, unmet, unknown);
            if (unmet.empty() && unknown.empty()) return "";
            if (!reason.empty()) continue;
            auto const place = fmt::format("({}:{})", definition.file, definition.line);
            reason = unmet.empty()
                         ? fmt::format("depends on what the compiler and other programs can do: {} {}",
                                       fmt::join(unknown, ", "), place)
                         : fmt::format("depends on {} {}", fmt::join(unmet, ", and on "), place);
        }
        if (!reason.empty()) return reason;
        auto const prompted = [](kconfig_definition const& one) { return one.has_prompt; };
        if (std::any_of(symbol.definitions.begin(), symbol.definitions.end(), prompted)) return "";
        auto const& first = symbol.definitions.front();
        auto const by = selectors(symbol, false);
        return fmt::format("cannot be set: it has no prompt, {} ({}:{})",
                           by.empty() ? "its value follows from others" : "it is selected by " + by,
                           first.file, first.line);
    }

    /// The parts of a condition that keep it from being `wanted`.
    void collect(kconfig_expression const& part, tristate wanted, int depth, std::vector<std::string>& unmet,
                 std::vector<std::string>& unknown) const {
        using kind = kconfig_expression::kind;
        auto const value = evaluate(part, now_);
        if (value == tristate::unknown && part.what != kind::both) {
            unknown.push_back(part.text);
        } else if (part.what == kind::both) {
            for (auto const& one : part.parts) collect(one, wanted, depth, unmet, unknown);
        } else if (value < wanted) {
            unmet.push_back(said(part, depth));
        }
    }

    auto said(kconfig_expression const& part, int depth) const -> std::string {
        using kind = kconfig_expression::kind;
        if (part.what == kind::symbol) {
            auto const value = now_.value(part.text);
            if (!value.empty()) return fmt::format("{}, which is {}", part.text, value);
            auto const* const symbol = source_.find(part.text);
            if (symbol == nullptr) return fmt::format("{}, which this tree does not have", part.text);
            auto const further = depth > 1 ? blocked_by(*symbol, tristate::module, depth - 1) : "";
            return fmt::format("{}, which is not set{}", part.text,
                               further.empty() ? "" : fmt::format(" and {}", further));
        }
        if (part.what == kind::comparison)
            return fmt::format("{} {} {}, but {} is {}", part.parts.at(0).text, part.text,
                               part.parts.at(1).text, part.parts.at(0).text,
                               text_value(part.parts.at(0), now_));
        if (part.what == kind::negation && part.parts.at(0).what == kind::symbol)
            return fmt::format("{}, but {} is {}", part.text, part.parts[0].text,
                               now_.value(part.parts[0].text));
        if (part.what == kind::either) return fmt::format("{}, none of which holds", one_line(part.text));
        return fmt::format("{}, which does not hold", one_line(part.text));
    }

    /// Continued lines leave tabs behind.
    static auto one_line(std::string_view text) -> std::string {
        std::string line;
        for (auto const c : text) {
            auto const space = c == ' ' || c == '\t' || c == '\n';
            if (!space || (!line.empty() && line.back() != ' ')) line += space ? ' ' : c;
        }
        return line;
    }

    auto chosen_instead(std::string const& name, int choice) const -> std::string {
        for (auto const& [other, symbol] : source_.symbols)
            if (other != name && !symbol.definitions.empty() && symbol.definitions.front().choice == choice
                && now_.value(other) == "y")
                return other;
        return "";
    }

    kconfig_source const& source_;
    kconfig const& now_;
};

} // namespace detail

/// Why `option` is not as it is wanted in the configuration `now`: `depends on MD, which is not set
/// (drivers/md/bcache/Kconfig:3)`, `this tree has no option NOSUCH`, ...
inline auto explain(kconfig_source const& source, kernel_option const& option, kconfig const& now)
    -> std::string {
    auto const wanted = option.value.value_or("y");
    for (auto const& name : option.names)
        if (source.find(name) != nullptr && (wanted != "n" || !now.value(name).empty()))
            return (option.names.size() > 1 ? name + ": " : "")
                   + detail::kconfig_reason{source, now}.of(name, wanted);
    std::vector<std::string_view> known;
    for (auto const& [name, symbol] : source.symbols)
        if (!symbol.definitions.empty()) known.emplace_back(name);
    std::sort(known.begin(), known.end());
    auto const meant = nearest(option.names.front(), known);
    return fmt::format("this tree has no option {}{}", fmt::join(option.names, " or "),
                       meant ? fmt::format(" (did you mean {}?)", *meant) : "");
}

} // namespace ktest
