#include "catch.hpp"
#include <ktest/report/progress.hpp>

#include <array>
#include <optional>

#include <poll.h>

using namespace ktest;

namespace {

/// Sets a variable of the environment, or removes it, for as long as it lives.
class environment_variable {
public:
    environment_variable(char const* name, char const* value) : name_{name} {
        if (auto const* now = std::getenv(name)) before_ = now;
        set(value);
    }
    environment_variable(environment_variable const&) = delete;
    auto operator=(environment_variable const&) -> environment_variable& = delete;
    ~environment_variable() { set(before_ ? before_->c_str() : nullptr); }

private:
    void set(char const* value) const {
        if (value != nullptr)
            ::setenv(name_, value, 1);
        else
            ::unsetenv(name_);
    }
    char const* name_;
    std::optional<std::string> before_;
};

/// A terminal, `columns` wide, that a test can look at.
class pseudo_terminal {
public:
    explicit pseudo_terminal(unsigned short columns)
        : here_{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)} {
        REQUIRE(here_);
        REQUIRE(::grantpt(here_.get()) == 0);
        REQUIRE(::unlockpt(here_.get()) == 0);
        there_ = descriptor{::open(::ptsname(here_.get()), O_RDWR | O_NOCTTY | O_CLOEXEC)};
        REQUIRE(there_);
        struct winsize const size{.ws_row = 24, .ws_col = columns};
        REQUIRE(::ioctl(here_.get(), TIOCSWINSZ, &size) == 0);
    }
    auto stream() const { return there_.get(); }
    /// What has been written since the last call.
    auto shown() const -> std::string {
        std::array<char, 4096> block{};
        auto const got = ::read(here_.get(), block.data(), block.size());
        return got > 0 ? std::string(block.data(), static_cast<std::size_t>(got)) : std::string{};
    }

private:
    descriptor here_, there_;
};

} // namespace

TEST_CASE("a passing line is overprinted and gives way to a whole one", "[progress]") {
    pseudo_terminal const tty{80};
    progress shown{tty.stream(), {.smart = true}};
    shown.update("building");
    CHECK(tty.shown() == "\rbuilding\x1b[K");
    shown.update("boot");
    CHECK(tty.shown() == "\rboot\x1b[K");
    shown.line("PASSED");
    CHECK(tty.shown() == "\r\x1b[KPASSED\r\n");
    shown.line("again");
    CHECK(tty.shown() == "again\r\n");
}

TEST_CASE("nothing is left of a passing line in the end", "[progress]") {
    pseudo_terminal const tty{80};
    {
        progress shown{tty.stream(), {.smart = true}};
        shown.update("boot");
        CHECK(tty.shown() == "\rboot\x1b[K");
    }
    CHECK(tty.shown() == "\r\x1b[K");
}

TEST_CASE("a passing line never wraps and does nothing to the terminal", "[progress]") {
    pseudo_terminal const tty{20};
    progress shown{tty.stream(), {.smart = true}};
    shown.update("0123456789abcdefghijklmnopqrstuvwxyz");
    CHECK(tty.shown() == "\r01234567...stuvwxyz\x1b[K");
    shown.update("one\ntwo\x1b[2J");
    CHECK(tty.shown() == "\rone two\\x1b[2J\x1b[K");
}

TEST_CASE("where stderr is no terminal only whole lines are written", "[progress]") {
    auto const file = open_unnamed("/tmp");
    REQUIRE(file);
    {
        progress shown{file->get()};
        CHECK_FALSE(shown.colour());
        shown.update("boot");
        shown.line("PASSED");
        shown.update("end");
    }
    ::lseek(file->get(), 0, SEEK_SET);
    CHECK(read_all(file->get()) == "PASSED\n");
}

TEST_CASE("a terminal is found, and TERM and NO_COLOR are honoured", "[progress]") {
    pseudo_terminal const tty{80};
    environment_variable const term{"TERM", "xterm"};
    environment_variable const no_color{"NO_COLOR", nullptr};
    CHECK(find_terminal(tty.stream()) == terminal{.smart = true, .colour = true});
    CHECK(progress{tty.stream()}.colour());
    {
        environment_variable const wanted{"NO_COLOR", "1"};
        CHECK(find_terminal(tty.stream()) == terminal{.smart = true, .colour = false});
    }
    {
        environment_variable const empty{"NO_COLOR", ""};
        CHECK(find_terminal(tty.stream()).colour);
    }
    for (auto const* none : {"dumb", "", static_cast<char const*>(nullptr)}) {
        environment_variable const dumb{"TERM", none};
        CHECK(find_terminal(tty.stream()) == terminal{});
    }
}

TEST_CASE("a terminal that tells no width is taken for a usual one", "[progress]") {
    pseudo_terminal const tty{0};
    progress shown{tty.stream(), {.smart = true}};
    shown.update(std::string(200, 'x'));
    CHECK(tty.shown().size() == 1 + 79 + 3);
}

TEST_CASE("what nobody reads is no error", "[progress]") {
    progress shown{-1, {.smart = true}};
    CHECK_NOTHROW(shown.update("boot"));
    CHECK_NOTHROW(shown.line("PASSED"));
}

TEST_CASE("a long text keeps its begin and its end", "[progress]") {
    CHECK(elide("0123456789", 10) == "0123456789");
    CHECK(elide("0123456789", 9) == "012...789");
    CHECK(elide("0123456789", 8) == "012...89");
    CHECK(elide("0123456789", 4) == "0...");
    CHECK(elide("0123456789", 3) == "...");
    CHECK(elide("0123456789", 0) == "");
    CHECK(elide("", 0) == "");
}

TEST_CASE("no character is cut in two", "[progress]") {
    CHECK(elide("äöüäöüäöü", 9) == "äöüäöüäöü");
    CHECK(elide("äöüäöüäöü", 7) == "äö...öü");
}
