#pragma once

// Frames over datagram sockets, many a system call.

#include <ktest/descriptor.hpp>
#include <ktest/net/ethernet.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>

#include <sys/socket.h>
#include <sys/uio.h>

namespace ktest {

/// Frames that one system call moves at most.
constexpr std::size_t frames_at_once = 64;

/// Two ends of a cable, one datagram a frame, close-on-exec: the first is the switch's, the second QEMU's
/// (`-netdev dgram,local.type=fd`). QEMU takes either type; only SOCK_SEQPACKET says that the other end
/// closed.
inline auto ethernet_cable(int type = SOCK_DGRAM) -> result<std::array<descriptor, 2>> {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return system_failure(errno, "socketpair");
    // As much as is allowed (net.core.wmem_max): what is under way wakes nobody up.
    constexpr int wanted = 1 << 20;
    for (auto const end : ends) ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
    return std::array{descriptor{ends[0]}, descriptor{ends[1]}};
}

/// How many of the frames the socket took, and errno of the first that it did not take; 0: took all.
struct sent_frames {
    std::size_t count = 0;
    int failure = 0;
};

/// Never waits.
inline auto send_frames(int socket, std::span<iovec> frames) -> sent_frames {
    sent_frames sent;
    std::array<mmsghdr, frames_at_once> messages{};
    while (sent.count < frames.size()) {
        auto const some = frames.subspan(sent.count, std::min(frames.size() - sent.count, messages.size()));
        for (std::size_t i = 0; i < some.size(); ++i) {
            messages[i].msg_hdr.msg_iov = &some[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        auto const count = ::sendmmsg(socket, messages.data(), static_cast<unsigned>(some.size()),
                                      MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            sent.failure = errno;
            return sent;
        }
        sent.count += static_cast<std::size_t>(count);
    }
    return sent;
}

/// Room for what one system call receives. Pages that no frame reached take no memory.
class frame_batch {
public:
    frame_batch() : room_{std::make_unique_for_overwrite<std::byte[]>(frames_at_once * stride)} {
        for (std::size_t i = 0; i < frames_at_once; ++i) {
            places_[i] = {room_.get() + i * stride, room_size};
            messages_[i].msg_hdr.msg_iov = &places_[i];
            messages_[i].msg_hdr.msg_iovlen = 1;
        }
    }
    frame_batch(frame_batch&&) = delete;

    /// How many have come; -1 and errno: none. Never waits. At the end of a SOCK_SEQPACKET the rest of the
    /// batch is empty frames.
    auto receive(int socket) -> int {
        for (auto& message : messages_) message.msg_hdr.msg_flags = 0;
        return ::recvmmsg(socket, messages_.data(), frames_at_once, MSG_DONTWAIT, nullptr);
    }

    /// One that was too long has one byte more than the longest frame.
    auto at(std::size_t n) const -> std::span<std::byte> {
        return {room_.get() + n * stride, messages_[n].msg_len};
    }

private:
    static constexpr std::size_t room_size = ethernet_frame::largest + 1;
    /// Frames of 1,500 bytes lie in the cache as if they lay side by side.
    static constexpr std::size_t stride = (1U << 16U) + 1600;
    static_assert(stride >= room_size);

    std::unique_ptr<std::byte[]> room_;
    std::array<iovec, frames_at_once> places_{};
    std::array<mmsghdr, frames_at_once> messages_{};
};

} // namespace ktest
