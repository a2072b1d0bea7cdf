#include "node_requests.hpp"

#include "host_socket.hpp"
#include <ktest/guest/wire.hpp>

#include <sys/epoll.h>
#include <sys/stat.h>

namespace ktest::init {
namespace {

constexpr std::uint32_t listener_number = 0;

} // namespace

auto node_requests::listen(std::string_view path) -> problem {
    listener_ = descriptor{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    events_ = descriptor{::epoll_create1(EPOLL_CLOEXEC)};
    auto const address = address_of(path);
    if (::bind(listener_.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0
        || ::chmod(address.sun_path, 0666) != 0 || ::listen(listener_.get(), most_processes) != 0)
        return failure("cannot listen on " + std::string{path});
    watch(EPOLL_CTL_ADD, listener_.get(), listener_number, true);
    return {};
}

auto node_requests::next() -> std::optional<news> {
    epoll_event event{};
    if (::epoll_wait(events_.get(), &event, 1, 0) != 1) return std::nullopt;
    if (event.data.u32 == listener_number) {
        accept();
        return std::nullopt;
    }
    return hear(event.data.u32, processes_[event.data.u32]);
}

void node_requests::accept() {
    descriptor socket{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!socket) return;
    watch(EPOLL_CTL_ADD, socket.get(), ++last_, true);
    processes_[last_] = {.socket = std::move(socket)};
    if (processes_.size() == most_processes) watch(EPOLL_CTL_MOD, listener_.get(), listener_number, false);
}

auto node_requests::hear(std::uint32_t number, process& from) -> std::optional<news> {
    std::string packet(packet_limit, '\0');
    auto const got = ::recv(from.socket.get(), packet.data(), packet.size(), MSG_TRUNC);
    if (got < 0 && errno == EAGAIN) return std::nullopt;
    if (got <= 0 || static_cast<std::size_t>(got) > packet.size()) return hang_up(number);
    packet.resize(static_cast<std::size_t>(got));
    wire::reader<std::variant<wire::request>> reader;
    reader.feed(packet);
    auto message = reader.next();
    if (!message) return hang_up(number);
    auto& request = std::get<wire::request>(*message);
    auto const gives_up = request.words.size() == 1 && request.words.front() == give_up;
    if (gives_up && !from.waits) return std::nullopt; // the answer was faster
    if (!gives_up && from.waits) return hang_up(number);
    request.number = number;
    from.waits = from.has_asked = true;
    return std::move(request);
}

auto node_requests::hang_up(std::uint32_t number) -> std::optional<news> {
    auto const had_asked = processes_[number].has_asked;
    // A child of init's that has not become a program yet holds the socket too: closing alone ends no events.
    watch(EPOLL_CTL_DEL, processes_[number].socket.get(), number, false);
    processes_.erase(number);
    watch(EPOLL_CTL_MOD, listener_.get(), listener_number, true);
    if (!had_asked) return std::nullopt;
    return wire::request_dropped{number};
}

void node_requests::pass(wire::answer const& answer) {
    auto const to = processes_.find(answer.number);
    if (to == processes_.end()) return;
    to->second.waits = false;
    auto const packet = wire::encode(answer);
    // Who does not read what he has asked for is hung up on with the next look at his socket.
    if (::send(to->second.socket.get(), packet.data(), packet.size(), MSG_NOSIGNAL) < 0)
        ::shutdown(to->second.socket.get(), SHUT_RDWR);
}

void node_requests::watch(int operation, int socket, std::uint32_t number, bool active) const {
    epoll_event event{};
    event.events = active ? EPOLLIN : 0U;
    event.data.u32 = number;
    ::epoll_ctl(events_.get(), operation, socket, &event);
}

} // namespace ktest::init
