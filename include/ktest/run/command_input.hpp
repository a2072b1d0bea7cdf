#pragma once

#include <ktest/raw_terminal.hpp>
#include <ktest/run/session.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <array>
#include <functional>
#include <optional>

#include <sys/ioctl.h>
#include <sys/stat.h>

namespace ktest {

/// The size of the terminal on stdin.
inline auto terminal_size() -> wire::resize {
    struct winsize size {};
    if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return {};
    return {.rows = size.ws_row, .columns = size.ws_col};
}

/// Sends stdin to the guest's command, no faster than the guest takes it; a terminal also its size when that
/// changes. Ctrl-] on a terminal calls `on_escape`.
class command_input {
public:
    explicit command_input(boost::asio::io_context& loop) : loop_{loop}, resized_{loop, SIGWINCH} {}

    void begin(session& to, bool terminal, std::function<void()> on_escape) {
        session_ = &to;
        on_escape_ = std::move(on_escape);
        if (terminal) {
            raw_.emplace();
            watch_size();
        }
        struct stat status {};
        auto const known = ::fstat(STDIN_FILENO, &status) == 0;
        if (known && (S_ISFIFO(status.st_mode) || ::isatty(STDIN_FILENO) != 0)) {
            // Opened anew, for others share our stdin and would find it suddenly non-blocking.
            auto own = open_file("/proc/self/fd/0", O_RDONLY | O_NONBLOCK | O_NOCTTY);
            if (own) stream_.emplace(loop_, own->release());
        }
        next();
    }

private:
    static constexpr std::size_t backlog_limit = 1U << 20U;

    void next() {
        if (session_->backlog() > backlog_limit) return session_->when_sent([this] { next(); });
        if (!stream_) // a regular file is always readable; the guest must be heard in between
            return boost::asio::post(loop_, [this] { read(); });
        stream_->async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](auto cancelled) {
            if (!cancelled) read();
        });
    }
    void read() {
        std::array<char, 1U << 16U> block{};
        auto const got =
            ::read(stream_ ? stream_->native_handle() : STDIN_FILENO, block.data(), block.size());
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return next();
        auto const text = std::string_view{block.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
        if (raw_ && text.find(raw_terminal::escape) != std::string_view::npos) return on_escape_();
        session_->tell(wire::input{std::string{text}}); // nothing: the end of the file
        if (got > 0) next();
    }
    void watch_size() {
        resized_.async_wait([this](auto cancelled, int) {
            if (cancelled) return;
            session_->tell(terminal_size());
            watch_size();
        });
    }

    boost::asio::io_context& loop_;
    boost::asio::signal_set resized_;
    session* session_ = nullptr;
    std::function<void()> on_escape_;
    std::optional<boost::asio::posix::stream_descriptor> stream_;
    std::optional<raw_terminal> raw_;
};

} // namespace ktest
