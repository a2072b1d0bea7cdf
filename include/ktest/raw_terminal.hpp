#pragma once

#include <termios.h>
#include <unistd.h>

namespace ktest {

/// Puts the terminal on stdin, if there is one, into raw mode for as long as it lives (termios(3),
/// cfmakeraw).
class raw_terminal {
public:
    raw_terminal() : raw_{::tcgetattr(STDIN_FILENO, &before_) == 0} {
        auto raw = before_;
        ::cfmakeraw(&raw);
        if (raw_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    }
    ~raw_terminal() {
        if (raw_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
    }
    raw_terminal(raw_terminal const&) = delete;
    auto operator=(raw_terminal const&) -> raw_terminal& = delete;

    /// Ctrl-], which ends what is connected to the terminal: every other key belongs to the far side.
    static constexpr char escape = 0x1d;

private:
    struct termios before_ {};
    bool raw_;
};

} // namespace ktest
