#pragma once

#include <ktest/descriptor.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <cerrno>
#include <functional>
#include <optional>
#include <string>

#include <sys/stat.h>

namespace ktest {

/// Copies a growing log to stdout at the reader's pace. The guest is never held up by a reader who is slow or
/// has gone, and nothing piles up in memory: what is still to be copied stands in the log.
class output_copy {
public:
    /// `on_failure` is told once why stdout takes no more.
    output_copy(boost::asio::io_context& loop, int log, int out, std::function<void(std::string)> on_failure)
        : log_{log}, out_{out}, on_failure_{std::move(on_failure)} {
        struct stat status {};
        is_buffer_ = ::fstat(log, &status) == 0 && status.st_nlink == 0;
        if (::fstat(out, &status) != 0 || !(S_ISFIFO(status.st_mode) || ::isatty(out) != 0)) return;
        // Opened anew, for others share our stdout and would find it suddenly non-blocking.
        auto own = open_file(fmt::format("/proc/self/fd/{}", out), O_WRONLY | O_NONBLOCK | O_NOCTTY);
        if (own) out_ = stream_.emplace(loop, own->release()).native_handle();
    }

    /// The log has grown.
    void grown() {
        while (!waiting_ && copy_some()) {
        }
    }
    /// Whether all of the log has been copied, or never will be.
    auto done() const -> bool { return failed_ || !waiting_; }

private:
    /// Whether there is more to copy and stdout takes it.
    auto copy_some() -> bool {
        std::array<char, 1U << 16U> block{};
        auto const got = ::pread(log_, block.data(), block.size(), copied_);
        if (got <= 0 || failed_) return false;
        auto const written = ::write(out_, block.data(), static_cast<std::size_t>(got));
        if (written < 0 && errno == EAGAIN && stream_) return wait();
        if (written < 0 && errno == EINTR) return true;
        if (written < 0) {
            failed_ = true;
            on_failure_(std::strerror(errno));
            return false;
        }
        copied_ += written;
        if (is_buffer_) ::fallocate(log_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, copied_);
        return true;
    }

    auto wait() -> bool {
        waiting_ = true;
        stream_->async_wait(boost::asio::posix::stream_descriptor::wait_write, [this](auto cancelled) {
            waiting_ = false;
            if (!cancelled) grown();
        });
        return false;
    }

    int log_, out_;
    std::function<void(std::string)> on_failure_;
    std::optional<boost::asio::posix::stream_descriptor> stream_;
    off_t copied_ = 0;
    bool is_buffer_ = false; ///< nobody can read the log later, so what was copied need not stay on the disk
    bool waiting_ = false;
    bool failed_ = false;
};

} // namespace ktest
