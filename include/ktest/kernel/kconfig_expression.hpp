#pragma once

#include <ktest/kernel/kconfig.hpp>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ktest {

/// What an expression of the Kconfig language comes to; `unknown` where it asks the compiler or a program.
enum class tristate { no, module, yes, unknown };

/// A condition of the Kconfig language: `MD && (A || !B) && $(cc-option,-gz)`.
struct kconfig_expression {
    enum class kind { symbol, literal, unknown, negation, both, either, comparison };
    kind what = kind::unknown;
    std::string text; ///< as it is written; of a comparison its operator
    std::vector<kconfig_expression> parts;
    friend auto operator==(kconfig_expression const&, kconfig_expression const&) -> bool = default;
};

namespace detail {

/// Reads an expression by recursive descent; what cannot be read is one unknown part.
class expression_reader {
public:
    explicit expression_reader(std::string_view text) : rest_{text} {}

    auto whole() -> kconfig_expression {
        auto const text = rest_;
        auto read = either();
        skip();
        return failed_ || !rest_.empty() ? unknown(text) : read;
    }

private:
    using kind = kconfig_expression::kind;

    static auto unknown(std::string_view text) -> kconfig_expression {
        return {kind::unknown, std::string{text}, {}};
    }
    void skip() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n\\"), rest_.size())); }
    auto read_of(std::string_view text) const -> std::string {
        text.remove_suffix(rest_.size());
        return std::string{text.substr(0, text.find_last_not_of(" \t\n\\") + 1)};
    }
    auto take(std::string_view word) -> bool {
        skip();
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }
    auto either() -> kconfig_expression {
        return list(kind::either, "||", [this] { return both(); });
    }
    auto both() -> kconfig_expression {
        return list(kind::both, "&&", [this] { return one(); });
    }
    template<class Read>
    auto list(kind what, std::string_view separator, Read read) -> kconfig_expression {
        skip();
        auto const text = rest_;
        auto first = read();
        if (!take(separator)) return first;
        kconfig_expression all{what, "", {std::move(first)}};
        do all.parts.push_back(read());
        while (!failed_ && take(separator));
        all.text = read_of(text);
        return all;
    }
    auto one() -> kconfig_expression {
        constexpr auto deepest = 100;
        skip();
        auto const text = rest_;
        if (++depth_ > deepest || failed_) {
            failed_ = true;
            return {};
        }
        kconfig_expression read;
        if (!rest_.starts_with("!=") && take("!")) {
            read = {kind::negation, "", {one()}};
            read.text = read_of(text);
        } else if (take("(")) {
            read = either();
            failed_ = failed_ || !take(")");
        } else {
            read = operand();
            for (auto const* sign : {"!=", "<=", ">=", "=", "<", ">"})
                if (take(sign)) {
                    read = {kind::comparison, sign, {std::move(read), operand()}};
                    break;
                }
        }
        --depth_;
        return read;
    }
    auto operand() -> kconfig_expression {
        skip();
        if (rest_.starts_with('"') || rest_.starts_with('\'')) {
            auto const end = rest_.find(rest_.front(), 1);
            failed_ = failed_ || end == std::string_view::npos;
            if (failed_) return {};
            auto const text = rest_.substr(1, end - 1);
            rest_.remove_prefix(end + 1);
            return text.find("$(") == std::string_view::npos
                       ? kconfig_expression{kind::literal, std::string{text}, {}}
                       : unknown(text);
        }
        if (rest_.starts_with("$(")) return macro();
        auto const length = std::min(rest_.find_first_of(" \t\n\\()!=<>&|\"'$"), rest_.size());
        auto const word = rest_.substr(0, length);
        failed_ = failed_ || word.empty();
        rest_.remove_prefix(length);
        auto const is_literal = word.find_first_not_of("0123456789xabcdefABCDEF-") == std::string_view::npos
                                && word.find_first_of("0123456789") == 0;
        auto const constant = word == "y" || word == "m" || word == "n";
        return {is_literal || constant ? kind::literal : kind::symbol, std::string{word}, {}};
    }
    auto macro() -> kconfig_expression {
        auto depth = 0;
        for (std::size_t at = 0; at < rest_.size(); ++at) {
            if (rest_[at] == '(') ++depth;
            if (rest_[at] != ')' || --depth > 0) continue;
            auto read = unknown(rest_.substr(0, at + 1));
            rest_.remove_prefix(at + 1);
            return read;
        }
        failed_ = true;
        return {};
    }

    std::string_view rest_;
    int depth_ = 0;
    bool failed_ = false;
};

inline auto text_value(kconfig_expression const& operand, kconfig const& config) -> std::string_view {
    if (operand.what == kconfig_expression::kind::literal) return operand.text;
    auto const value = config.value(operand.text);
    return value.empty() ? "n" : unquoted(value);
}

inline auto number(std::string_view text) -> std::optional<long long> {
    auto const base = text.starts_with("0x") ? 16 : 10;
    if (base == 16) text.remove_prefix(2);
    long long value = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (failed != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

inline auto compare(kconfig_expression const& comparison, kconfig const& config) -> tristate {
    auto const& [left, right] = std::pair{comparison.parts.at(0), comparison.parts.at(1)};
    for (auto const& part : comparison.parts)
        if (part.what == kconfig_expression::kind::unknown) return tristate::unknown;
    auto const truth = [](bool holds) { return holds ? tristate::yes : tristate::no; };
    auto const one = text_value(left, config);
    auto const other = text_value(right, config);
    auto const equal = one == other || (one == "n" && other.empty()) || (one.empty() && other == "n");
    if (comparison.text == "=") return truth(equal);
    if (comparison.text == "!=") return truth(!equal);
    auto const a = number(one);
    auto const b = number(other);
    if (!a || !b) return tristate::unknown;
    if (comparison.text == "<") return truth(*a < *b);
    if (comparison.text == "<=") return truth(*a <= *b);
    return truth(comparison.text == ">" ? *a > *b : *a >= *b);
}

} // namespace detail

inline auto read_kconfig_expression(std::string_view text) -> kconfig_expression {
    return detail::expression_reader{text}.whole();
}

/// With the options as they are in `config`; `&&` is the least of its parts, `||` the greatest.
inline auto evaluate(kconfig_expression const& expression, kconfig const& config) -> tristate {
    using kind = kconfig_expression::kind;
    auto const plain = [](std::string_view value) {
        return value == "y" ? tristate::yes : value == "m" ? tristate::module : tristate::no;
    };
    switch (expression.what) {
    case kind::symbol: return plain(config.value(expression.text));
    case kind::literal: return plain(expression.text);
    case kind::unknown: return tristate::unknown;
    case kind::comparison: return detail::compare(expression, config);
    case kind::negation: {
        auto const value = evaluate(expression.parts.at(0), config);
        return value == tristate::yes ? tristate::no : value == tristate::no ? tristate::yes : value;
    }
    case kind::both:
    case kind::either: break;
    }
    auto const is_both = expression.what == kind::both;
    auto const decisive = is_both ? tristate::no : tristate::yes;
    auto result = is_both ? tristate::yes : tristate::no;
    auto open = false;
    for (auto const& part : expression.parts) {
        auto const value = evaluate(part, config);
        if (value == decisive) return decisive;
        if (value == tristate::unknown)
            open = true;
        else
            result = is_both ? std::min(result, value) : std::max(result, value);
    }
    return open ? tristate::unknown : result;
}

} // namespace ktest
