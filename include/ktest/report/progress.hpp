#pragma once

#include <ktest/file.hpp>
#include <ktest/report/printable.hpp>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/ioctl.h>

namespace ktest {

/// What a stream can show.
struct terminal {
    bool smart = false;  ///< it is a tty that can overprint a line
    bool colour = false; ///< and colours are wanted (https://no-color.org)
    friend auto operator==(terminal, terminal) -> bool = default;
};

/// What `stream` can show, from isatty(3), TERM and NO_COLOR.
inline auto find_terminal(int stream) -> terminal {
    auto const value = [](char const* name) {
        auto const* set = std::getenv(name);
        return std::string_view{set == nullptr ? "" : set};
    };
    auto const smart = ::isatty(stream) == 1 && !value("TERM").empty() && value("TERM") != "dumb";
    return {smart, smart && value("NO_COLOR").empty()};
}

/// `text` in at most `width` columns, each of one character; of a longer one the middle is left out.
inline auto elide(std::string_view text, std::size_t width) -> std::string {
    constexpr std::string_view gap = "...";
    std::vector<std::string_view> characters;
    for (auto rest = text; !rest.empty(); rest.remove_prefix(characters.back().size()))
        characters.push_back(rest.substr(0, std::max(detail::character_size(rest), std::size_t{1})));
    if (characters.size() <= width) return std::string{text};
    if (width <= gap.size()) return std::string{gap.substr(0, width)};
    auto const tail = (width - gap.size()) / 2;
    auto const head = width - gap.size() - tail;
    std::string line;
    for (std::size_t i = 0; i < characters.size(); ++i) {
        if (i == head) line += gap;
        if (i < head || i >= characters.size() - tail) line += characters[i];
    }
    return line;
}

/// Tells on a stream, stderr, how a run goes on: one line that is written over and over, and whole lines.
/// What cannot be written is dropped: nobody's run fails because nobody looks.
class progress {
public:
    explicit progress(int stream) : progress{stream, find_terminal(stream)} {}
    progress(int stream, terminal can) : stream_{stream}, can_{can} {}
    progress(progress const&) = delete;
    auto operator=(progress const&) -> progress& = delete;
    ~progress() { clear(); }

    /// Replaces the passing line; nothing at all where the terminal cannot.
    void update(std::string_view text) {
        if (!can_.smart) return;
        write(fmt::format("\r{}\x1b[K", elide(printable_line(text), width())));
        shown_ = true;
    }
    /// Writes a line (without its newline) that stays, as it is.
    void line(std::string_view text) {
        clear();
        write(fmt::format("{}\n", text));
    }
    /// Takes the passing line away, so that others can write to the same terminal.
    void clear() {
        if (std::exchange(shown_, false)) write("\r\x1b[K");
    }
    auto colour() const -> bool { return can_.colour; }

private:
    auto width() const -> std::size_t {
        struct winsize size {};
        constexpr std::size_t usual = 80;
        if (::ioctl(stream_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return usual - 1;
        return size.ws_col - std::size_t{1}; // the last column may wrap
    }
    void write(std::string_view text) const { (void)write_all(stream_, text); }

    int stream_;
    terminal can_;
    bool shown_ = false;
};

} // namespace ktest
