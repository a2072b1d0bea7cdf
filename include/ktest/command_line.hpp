#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ktest {

/// An option as it stands on a command line.
struct option_form {
    std::string_view name; ///< `--parallel`
    char letter = 0;       ///< `P`; 0: it has none
    bool has_value = true;
};

namespace detail {

struct option_match {
    std::string kept; ///< flags that stand before it in the same word: `-v` of `-vP`
    bool value_follows = false;
};

/// How a word is this option, if it is.
inline auto match(std::string_view word, option_form const& option) -> std::optional<option_match> {
    if (word == option.name) return option_match{"", option.has_value};
    if (word.starts_with(std::string{option.name} + '=')) return option_match{};
    constexpr std::string_view flags = "Ivn"; // letters behind which another may follow
    if (option.letter == 0 || !word.starts_with('-')) return std::nullopt;
    auto const at = word.find_first_not_of(flags, 1);
    if (at == std::string_view::npos || word[at] != option.letter) return std::nullopt;
    return option_match{at == 1 ? "" : std::string{word.substr(0, at)},
                        option.has_value && at + 1 == word.size()};
}

} // namespace detail

/// A command line without some of its options; what stands behind `--` is not ktest's, and stays.
inline auto without_options(std::vector<std::string> const& words, std::vector<option_form> const& unwanted)
    -> std::vector<std::string> {
    auto const end = std::find(words.begin(), words.end(), "--");
    std::vector<std::string> rest;
    for (auto word = words.begin(); word != end; ++word) {
        std::optional<detail::option_match> found;
        for (auto const& option : unwanted)
            if (!found) found = detail::match(*word, option);
        auto const kept = found ? found->kept : *word;
        if (!found || !kept.empty()) rest.push_back(kept);
        if (found && found->value_follows && word + 1 != end) ++word;
    }
    rest.insert(rest.end(), end, words.end());
    return rest;
}

} // namespace ktest
