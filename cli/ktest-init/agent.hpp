#pragma once

#include "device_events.hpp"
#include <ktest/guest/wire.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ktest::init {

/// `/dev/vportNpM` of the virtio-serial port with this name; none: there is no such port (yet).
auto port_named(std::string_view name) -> std::optional<std::string>;

/// The port on which init talks with the host. Writing waits for the host.
class agent {
public:
    /// Not open where the port does not come.
    explicit agent(device_events& events);

    explicit operator bool() const { return static_cast<bool>(port_); }
    /// For poll: readable when `next` may have something new.
    auto number() const -> int { return news_.get(); }

    template<class Message>
    void send(Message message) {
        write(wire::encode(std::move(message)));
    }

    /// The next message that is here by now.
    auto next() -> std::optional<wire::to_guest>;
    /// Why the host cannot be understood any more; empty while it can.
    auto broken() const -> std::string_view { return reader_.broken(); }

private:
    auto read() -> bool;
    void write(std::string_view frame);
    descriptor port_;
    descriptor news_; ///< epoll, edge-triggered: while no host is there the port itself is always "hung up"
    wire::reader<wire::to_guest> reader_;
};

} // namespace ktest::init
