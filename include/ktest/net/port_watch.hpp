#pragma once

#include <ktest/descriptor.hpp>
#include <ktest/net/port_set.hpp>

#include <array>
#include <span>

#include <sys/epoll.h>

namespace ktest {

/// Which sockets of a switch can be read, or written where that is waited for: an epoll set of its own, for
/// Asio's goes on hearing of each socket that can be written once it has waited for that.
class port_watch {
public:
    static auto create() -> result<port_watch> {
        descriptor set{::epoll_create1(EPOLL_CLOEXEC)};
        if (!set) return system_failure(errno, "epoll_create");
        return port_watch{std::move(set)};
    }

    /// Readable when a socket is ready.
    auto number() const -> int { return set_.get(); }

    auto add(port_number port, int socket) -> result<void> {
        auto event = event_of(port, false);
        if (::epoll_ctl(set_.get(), EPOLL_CTL_ADD, socket, &event) != 0)
            return system_failure(errno, "epoll");
        return {};
    }
    /// To be called before it is closed, for a child that has just been forked may have the socket, too.
    void remove(port_number port, int socket) {
        ::epoll_ctl(set_.get(), EPOLL_CTL_DEL, socket, nullptr);
        writing_.erase(port);
    }
    void wait_for_room(port_number port, int socket, bool waits) {
        if (waits == writing_.contains(port)) return;
        auto event = event_of(port, waits);
        ::epoll_ctl(set_.get(), EPOLL_CTL_MOD, socket, &event);
        writing_.erase(port);
        if (waits) writing_.insert(port);
    }

    struct ready_port {
        port_number number;
        bool readable, writable, hung_up;
    };
    /// Calls `visit(ready_port)` for each that is ready now.
    template<class Visit>
    void for_each_ready(Visit visit) {
        std::array<epoll_event, most_ports> events{};
        auto const count = ::epoll_wait(set_.get(), events.data(), static_cast<int>(events.size()), 0);
        for (auto const& one : std::span{events.data(), count > 0 ? static_cast<std::size_t>(count) : 0}) {
            auto const hung_up = (one.events & (EPOLLHUP | EPOLLERR)) != 0;
            visit(ready_port{{static_cast<std::size_t>(one.data.u64)},
                             hung_up || (one.events & EPOLLIN) != 0,
                             (one.events & EPOLLOUT) != 0,
                             hung_up});
        }
    }

private:
    explicit port_watch(descriptor set) : set_{std::move(set)} {}

    static auto event_of(port_number port, bool writing) -> epoll_event {
        return {.events = EPOLLIN | (writing ? std::uint32_t{EPOLLOUT} : 0U), .data = {.u64 = port.index}};
    }

    descriptor set_;
    port_set writing_; ///< those that are watched for becoming writable
};

} // namespace ktest
