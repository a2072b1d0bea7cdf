#pragma once

#include <ktest/descriptor.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <functional>
#include <string_view>

namespace ktest {

/// Reads a pipe or socket as its bytes come; `on_end` is called once, after the last of them.
class byte_stream {
public:
    byte_stream(boost::asio::io_context& loop, descriptor end, std::function<void(std::string_view)> on_bytes,
                std::function<void()> on_end)
        : end_{loop, end.release()}, on_bytes_{std::move(on_bytes)}, on_end_{std::move(on_end)} {
        end_.non_blocking(true);
        wait();
    }

    /// Takes at once whatever has arrived: for who must know it before something else.
    void drain() {
        while (open_) {
            boost::system::error_code failed;
            auto const size = end_.read_some(boost::asio::buffer(block_), failed);
            if (failed == boost::asio::error::would_block || failed == boost::asio::error::interrupted)
                return;
            if (failed) return close();
            on_bytes_({block_.data(), size});
        }
    }

    auto number() -> int { return end_.native_handle(); }

private:
    void wait() {
        end_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                        [this](boost::system::error_code failed) {
                            if (failed) return;
                            drain();
                            if (open_) wait();
                        });
    }
    void close() {
        open_ = false;
        end_.close();
        on_end_();
    }

    boost::asio::posix::stream_descriptor end_;
    std::function<void(std::string_view)> on_bytes_;
    std::function<void()> on_end_;
    std::array<char, 1U << 16U> block_{};
    bool open_ = true;
};

} // namespace ktest
