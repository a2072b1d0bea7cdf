#pragma once

#include <algorithm>
#include <numeric>
#include <optional>
#include <string_view>
#include <vector>

namespace ktest {

namespace detail {

constexpr auto upper_case(char c) -> char {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

} // namespace detail

/// Letters to insert, drop, replace or swap with a neighbour to make one word of the other; case is ignored
/// (optimal string alignment distance).
inline auto edit_distance(std::string_view from, std::string_view to) -> std::size_t {
    std::vector<std::size_t> before_last(to.size() + 1);
    std::vector<std::size_t> last(to.size() + 1);
    std::vector<std::size_t> current(to.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    auto const same = [&](std::size_t i, std::size_t j) {
        return detail::upper_case(from[i]) == detail::upper_case(to[j]);
    };
    for (std::size_t i = 0; i < from.size(); ++i) {
        current[0] = i + 1;
        for (std::size_t j = 0; j < to.size(); ++j) {
            current[j + 1] = std::min({last[j + 1] + 1, current[j] + 1, last[j] + (same(i, j) ? 0 : 1)});
            if (i > 0 && j > 0 && same(i, j - 1) && same(i - 1, j))
                current[j + 1] = std::min(current[j + 1], before_last[j - 1] + 1);
        }
        before_last.swap(last);
        last.swap(current);
    }
    return last.back();
}

/// The candidate that was probably meant by a misspelt word: at most a third of its letters are wrong.
template<class Names>
auto nearest(std::string_view word, Names const& candidates) -> std::optional<std::string_view> {
    std::optional<std::string_view> best;
    auto best_distance = word.size() / 3 + 1;
    for (std::string_view const candidate : candidates) {
        auto const distance = word.size() > 64 ? best_distance : edit_distance(word, candidate);
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

} // namespace ktest
