#include "device_events.hpp"

#include <array>

#include <linux/netlink.h>
#include <poll.h>

namespace ktest::init {

device_events::device_events()
    : socket_{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT)} {
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = 1; // the kernel's own
    (void)!::bind(socket_.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address);
}

void device_events::drain() {
    std::array<char, 8192> event{};
    // An overflow (ENOBUFS) is an event too: it has been told, and the socket goes on.
    while (::recv(socket_.get(), event.data(), event.size(), 0) >= 0 || errno == ENOBUFS) {
    }
}

auto device_events::wait(std::chrono::milliseconds time) -> bool {
    pollfd ready{socket_.get(), POLLIN, 0};
    return ::poll(&ready, 1, static_cast<int>(time.count())) > 0;
}

} // namespace ktest::init
