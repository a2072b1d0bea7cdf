#pragma once

#include <ktest/run/log_line.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace ktest {

/// Tells what a log says once more: a kernel that panics prints its whole log again (panic_print), and the
/// boot after it begins like that.
class panic_replay {
public:
    /// Every line comes by here.
    void look_at(log_line const& line) {
        if (died_at_ && line.microseconds) replays_ = *line.microseconds < *died_at_;
        if (panicked_ && tells_end(line.text)) ended_ = true;
    }

    /// Whether a line of a report was read before.
    auto has(log_line const& line) const -> bool {
        return replays_ && (line.microseconds || line.text.find("---[ end ") == std::string_view::npos);
    }

    /// A headline of the same time, or after a panic of any, was read before. One that is news is of another
    /// boot.
    auto has_headline(log_line const& line) -> bool {
        constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;
        auto const key = std::hash<std::string_view>{}(line.text) ^ (line.microseconds.value_or(0) * odd);
        constexpr std::size_t most = 1U << 16U;
        if (seen_.size() >= most) seen_.clear();
        if (!seen_.insert(key).second && (line.microseconds || panicked_)) return true;
        if (std::exchange(replays_, false)) died_at_.reset();
        return false;
    }

    void panics(log_line const& line) {
        if (!std::exchange(panicked_, true)) died_at_ = line.microseconds;
    }

    /// A kernel begins, or `speaks`: whether that is surely the boot after a panic, which knows nothing of
    /// it.
    auto boots(bool speaks) -> bool {
        // The log that a panic prints begins with the kernel's first words, and ends before the panic does.
        auto const anew = panicked_ && (ended_ || !speaks);
        if (anew)
            *this = {};
        else
            replays_ = panicked_;
        return anew;
    }

    /// The kernel has panicked, and no other boot has surely begun.
    auto panicked() const -> bool { return panicked_; }

private:
    /// The last that a kernel says which panics.
    static auto tells_end(std::string_view text) -> bool {
        return text.starts_with("Rebooting in ") || text.find("---[ end Kernel panic") != text.npos;
    }

    std::unordered_set<std::size_t> seen_;
    bool panicked_ = false;
    bool ended_ = false;                   ///< and has said its last word
    std::optional<std::uint64_t> died_at_; ///< the panic's time
    bool replays_ = false;                 ///< what comes was read before, or is of the boot after a panic
};

} // namespace ktest
