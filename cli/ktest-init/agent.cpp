#include "agent.hpp"

#include "text_file.hpp"

#include <array>

#include <poll.h>
#include <sys/epoll.h>

namespace ktest::init {

auto port_named(std::string_view name) -> std::optional<std::string> {
    static auto const ports = std::string{"/sys/class/virtio-ports/"};
    for (auto const& port : names_in(ports))
        if (read_text(ports + port + "/name") == name) return "/dev/" + port;
    return {};
}

agent::agent(device_events& events) {
    auto const path = events.wait_for([] { return port_named(wire::agent_port); }, std::chrono::seconds{60});
    if (path) port_ = descriptor{::open(path->c_str(), O_RDWR | O_CLOEXEC)};
    news_ = descriptor{::epoll_create1(EPOLL_CLOEXEC)};
    epoll_event edge{.events = EPOLLIN | EPOLLET, .data = {}};
    ::epoll_ctl(news_.get(), EPOLL_CTL_ADD, port_.get(), &edge);
}

auto agent::next() -> std::optional<wire::to_guest> {
    for (;;) {
        if (auto message = reader_.next()) return message;
        if (!broken().empty() || !read()) return std::nullopt;
    }
}

auto agent::read() -> bool {
    epoll_event edge{};
    ::epoll_wait(news_.get(), &edge, 1, 0);
    pollfd ready{port_.get(), POLLIN, 0};
    if (::poll(&ready, 1, 0) <= 0 || (ready.revents & POLLIN) == 0) return false;
    std::array<char, 4096> block{}; // one buffer of the port's queue
    auto const got = ::read(port_.get(), block.data(), block.size());
    if (got <= 0) return false;
    reader_.feed({block.data(), static_cast<std::size_t>(got)});
    return true;
}

void agent::write(std::string_view frame) {
    while (!frame.empty()) {
        auto const written = ::write(port_.get(), frame.data(), frame.size());
        if (written < 0) {
            if (errno == EINTR) continue;
            return; // the port has been unplugged: nobody is left to tell
        }
        frame.remove_prefix(static_cast<std::size_t>(written));
    }
}

} // namespace ktest::init
