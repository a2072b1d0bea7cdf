#pragma once

#include <ktest/run/line_assembler.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace ktest {

/// What a test says of itself in its output, whatever pieces that comes in.
class test_words {
public:
    void feed(std::string_view output) {
        lines_.feed(output, [this](std::string_view line, bool whole) { read(line, whole); });
    }
    /// The output is closed, or nothing more is waited for: a last line without an end counts.
    void flush() {
        lines_.flush([this](std::string_view line, bool whole) { read(line, whole); });
    }

    auto success() const -> bool { return success_; }                              ///< TEST SUCCESS, anywhere
    auto failure() const -> std::optional<std::string> const& { return failure_; } ///< the line
    auto skipped() const -> std::optional<std::string> const& { return skipped_; } ///< why

private:
    void read(std::string_view line, bool whole) {
        constexpr std::string_view skip_marker = "TEST SKIPPED";
        if (line.find("TEST SUCCESS") != std::string_view::npos) success_ = true;
        if (whole && line.starts_with("TEST FAILED")) failure_ = line;
        if (whole && line.starts_with(skip_marker) && !skipped_) {
            line.remove_prefix(skip_marker.size());
            line.remove_prefix(std::min(line.find_first_not_of(": "), line.size()));
            skipped_ = line;
        }
    }

    line_assembler lines_;
    std::optional<std::string> failure_, skipped_;
    bool success_ = false;
};

} // namespace ktest
