#pragma once

#include <string>
#include <string_view>

namespace ktest {

namespace detail {

/// Text of a Kconfig file, line by line: continued lines are joined, comments and help texts left out.
class kconfig_lines {
public:
    explicit kconfig_lines(std::string_view text) : rest_{text} {}

    auto next(std::string& line) -> bool {
        line.clear();
        while (!rest_.empty()) {
            auto part = take();
            if (part.ends_with('\\')) {
                line += part.substr(0, part.size() - 1);
                continue;
            }
            line += part;
            if (auto const start = line.find_first_not_of(" \t");
                start != std::string::npos && line[start] != '#') {
                line.erase(0, start);
                return true;
            }
            line.clear();
        }
        return !line.empty();
    }
    auto number() const { return number_; }

    /// A help text ends where a line is less indented than its first.
    void skip_help() {
        auto indentation = std::string_view::npos;
        while (!rest_.empty()) {
            auto const line = rest_.substr(0, rest_.find('\n'));
            std::size_t column = 0;
            std::size_t at = 0;
            for (; at < line.size() && (line[at] == ' ' || line[at] == '\t'); ++at)
                column = line[at] == '\t' ? (column / 8 + 1) * 8 : column + 1;
            if (at != line.size()) {
                if (indentation == std::string_view::npos) indentation = column;
                if (column < indentation || column == 0) return;
            }
            take();
        }
    }

private:
    auto take() -> std::string_view {
        auto const end = rest_.find('\n');
        auto line = rest_.substr(0, end);
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
        ++number_;
        if (line.ends_with('\r')) line.remove_suffix(1);
        return line;
    }
    std::string_view rest_;
    unsigned number_ = 0;
};

} // namespace detail

} // namespace ktest
