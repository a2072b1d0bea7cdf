#pragma once

#include <ktest/run/line_assembler.hpp>

#include <string>
#include <string_view>

namespace ktest {

/// Makes lines that carry a node's name out of what its test writes: `server: ready`.
class node_output {
public:
    explicit node_output(std::string const& node) : head_{node + ": "} {}

    /// The lines that these bytes complete; the rest of one waits.
    auto feed(std::string_view bytes) -> std::string {
        std::string lines;
        rest_ += bytes;
        for (auto end = std::string::npos; (end = rest_.find('\n')) != std::string::npos || is_too_long();) {
            auto const size = std::min(end, line_assembler::limit);
            take(size, lines);
            if (end == size) rest_.erase(0, 1);
        }
        return lines;
    }
    /// The last line, if it has no end.
    auto flush() -> std::string {
        std::string line;
        if (!rest_.empty()) take(rest_.size(), line);
        return line;
    }

private:
    auto is_too_long() const -> bool { return rest_.size() > line_assembler::limit; }
    void take(std::size_t size, std::string& lines) {
        lines += head_;
        lines.append(rest_, 0, size);
        lines += '\n';
        rest_.erase(0, size);
    }

    std::string head_, rest_;
};

} // namespace ktest
