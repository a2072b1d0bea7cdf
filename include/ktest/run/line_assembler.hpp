#pragma once

#include <string>
#include <string_view>

namespace ktest {

/// Whole lines out of bytes that come in any pieces, which make no difference. A line longer than the limit
/// is given in parts of that size.
class line_assembler {
public:
    static constexpr std::size_t limit = 1U << 16U;

    /// Calls `take(line, whole)` for each line, without its end (`\n` or `\r\n`); `whole` is false for a part
    /// of a line that has begun earlier.
    template<class Take>
    void feed(std::string_view bytes, Take take) {
        while (!bytes.empty()) {
            auto const part = bytes.substr(0, limit - rest_.size());
            auto const end = part.find('\n');
            bytes.remove_prefix(end == std::string_view::npos ? part.size() : end + 1);
            if (end != std::string_view::npos && rest_.empty()) {
                take(without_return(part.substr(0, end)), true); // where it lies
                continue;
            }
            rest_ += part.substr(0, end);
            if (end != std::string_view::npos)
                give(take, false);
            else if (rest_.size() == limit)
                give(take, true);
        }
    }

    /// The end of the stream: gives a last line that has no end.
    template<class Take>
    void flush(Take take) {
        if (!rest_.empty()) give(take, false);
    }

private:
    static auto without_return(std::string_view line) -> std::string_view {
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        return line;
    }

    template<class Take>
    void give(Take& take, bool goes_on) {
        take(goes_on ? std::string_view{rest_} : without_return(rest_), !within_line_);
        // The end of a part is kept, so that a phrase is found where two parts meet.
        rest_ = goes_on ? rest_.substr(rest_.size() - overlap) : std::string{};
        within_line_ = goes_on;
    }

    static constexpr std::size_t overlap = 32;
    std::string rest_;
    bool within_line_ = false;
};

} // namespace ktest
