#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace ktest {

/// Many ways in which a text may begin, none of them empty: only those with its first letter are looked at.
template<std::size_t Count>
class beginnings {
public:
    constexpr explicit beginnings(std::array<std::string_view, Count> const& all) : starts_{all} {
        static_assert(Count < 1U << 16U);
        std::sort(starts_.begin(), starts_.end());
        for (auto const start : starts_) ++until_[letter(start) + 1];
        for (std::size_t i = 1; i < until_.size(); ++i)
            until_[i] = static_cast<std::uint16_t>(until_[i] + until_[i - 1]);
    }

    /// Whether `text` starts with one of them.
    auto match(std::string_view text) const -> bool {
        if (text.empty()) return false;
        auto const* const first = starts_.data();
        return std::any_of(first + until_[letter(text)], first + until_[letter(text) + 1],
                           [&](std::string_view start) {
                               // Most differ in the last letter, which is cheaper to see than the rest.
                               return start.size() <= text.size() && text[start.size() - 1] == start.back()
                                      && text.starts_with(start);
                           });
    }

private:
    static constexpr auto letter(std::string_view text) -> std::size_t {
        return static_cast<unsigned char>(text.front());
    }

    std::array<std::string_view, Count> starts_;
    std::array<std::uint16_t, 257> until_{}; ///< for each letter, the place behind those with a smaller one
};

} // namespace ktest
