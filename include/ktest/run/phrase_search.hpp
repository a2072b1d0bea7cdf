#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ktest {

/// Finds all of many phrases in one pass over a text, one table look-up a byte (the automaton of Aho and
/// Corasick).
class phrase_search {
public:
    explicit phrase_search(std::vector<std::string_view> const& phrases) {
        for (auto const phrase : phrases)
            for (auto const letter : phrase)
                if (auto& known = column_[byte(letter)]; known == 0) known = columns_++;
        add_node();
        for (std::size_t index = 0; index < phrases.size(); ++index) {
            node at = 0;
            for (auto const letter : phrases[index]) {
                auto const step = at + column_[byte(letter)];
                if (next_[step] == 0) {
                    auto const made = add_node();
                    next_[step] = made;
                }
                at = next_[step];
            }
            ends_[at / columns_].push_back(index);
        }
        link();
        phrases_ = phrases;
    }

    /// Calls `found(index, position)` for each place where a phrase stands.
    template<class Found>
    void search(std::string_view text, Found found) const {
        node at = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            at = next_[at + column_[byte(text[i])]];
            if (at < first_end_) continue;
            for (auto const index : ends_[at / columns_]) found(index, i + 1 - phrases_[index].size());
        }
    }

private:
    using node = std::uint32_t; ///< where its row begins in the table
    static auto byte(char letter) -> std::size_t { return static_cast<unsigned char>(letter); }

    auto add_node() -> node {
        auto const made = static_cast<node>(next_.size());
        next_.resize(next_.size() + columns_, 0);
        ends_.emplace_back();
        return made;
    }

    /// Where a phrase does not go on, the search does with the longest other phrase that has begun.
    void link() {
        std::vector<node> fall(ends_.size(), 0), queue;
        for (std::size_t column = 0; column < columns_; ++column)
            if (next_[column] != 0) queue.push_back(next_[column]);
        for (std::size_t done = 0; done < queue.size(); ++done) {
            auto const at = queue[done];
            auto const other = fall[at / columns_];
            auto& ends = ends_[at / columns_];
            auto const& shorter = ends_[other / columns_];
            ends.insert(ends.end(), shorter.begin(), shorter.end());
            for (std::size_t column = 0; column < columns_; ++column) {
                auto& step = next_[at + column];
                if (step == 0) {
                    step = next_[other + column];
                } else {
                    fall[step / columns_] = next_[other + column];
                    queue.push_back(step);
                }
            }
        }
        move_ends_last();
    }

    /// Nodes at which a phrase ends get the highest numbers, so that one comparison tells them.
    void move_ends_last() {
        std::vector<node> moved(ends_.size());
        node place = 0;
        for (auto const last : {false, true}) {
            if (last) first_end_ = place;
            for (std::size_t i = 0; i < ends_.size(); ++i)
                if (ends_[i].empty() != last) {
                    moved[i] = place;
                    place += static_cast<node>(columns_);
                }
        }
        std::vector<node> table(next_.size());
        std::vector<std::vector<std::size_t>> ends(ends_.size());
        for (std::size_t i = 0; i < ends_.size(); ++i) {
            for (std::size_t column = 0; column < columns_; ++column)
                table[moved[i] + column] = moved[next_[i * columns_ + column] / columns_];
            ends[moved[i] / columns_] = std::move(ends_[i]);
        }
        next_ = std::move(table);
        ends_ = std::move(ends);
    }

    std::array<std::uint16_t, 256> column_{}; ///< 0: a byte that no phrase has
    std::uint16_t columns_ = 1;
    node first_end_ = 0;
    std::vector<node> next_;
    std::vector<std::vector<std::size_t>> ends_;
    std::vector<std::string_view> phrases_;
};

} // namespace ktest
