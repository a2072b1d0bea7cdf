#include "host_connection.hpp"

#include "host_socket.hpp"
#include "problem.hpp"
#include <ktest/guest/wire.hpp>

#include <algorithm>
#include <cerrno>

#include <poll.h>

namespace ktest::init {

host_connection::host_connection(std::string_view socket)
    : socket_{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)} {
    auto const address = address_of(socket);
    if (::connect(socket_.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
        trouble_ = failure("this is no node of a test with several (" + std::string{socket}) + ')';
}

auto host_connection::ask(std::vector<std::string> words, std::string data,
                          std::optional<std::chrono::milliseconds> patience) -> wire::answer {
    if (trouble_.empty() && send({.words = std::move(words), .data = std::move(data)})) {
        if (patience && !has_answer_within(*patience)) send({.words = {std::string{give_up}}});
        return receive();
    }
    return {.status = 1, .text = trouble_};
}

auto host_connection::send(wire::request request) -> bool {
    auto const packet = wire::encode(std::move(request));
    if (packet.size() > packet_limit)
        trouble_ = "more than the " + std::to_string(packet_limit) + " bytes that can be said at once";
    else if (::send(socket_.get(), packet.data(), packet.size(), MSG_NOSIGNAL) < 0)
        trouble_ = failure("the host cannot be asked");
    return trouble_.empty();
}

auto host_connection::has_answer_within(std::chrono::milliseconds time) const -> bool {
    using clock = std::chrono::steady_clock;
    auto const until = clock::now() + time;
    for (;;) {
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
        pollfd answer{socket_.get(), POLLIN, 0};
        auto const ready = ::poll(&answer, 1, std::max(0, static_cast<int>(left.count())));
        if (ready >= 0 || errno != EINTR) return ready != 0;
    }
}

auto host_connection::receive() -> wire::answer {
    std::string packet(packet_limit, '\0');
    auto got = ::recv(socket_.get(), packet.data(), packet.size(), 0);
    while (got < 0 && errno == EINTR) got = ::recv(socket_.get(), packet.data(), packet.size(), 0);
    wire::reader<std::variant<wire::answer>> reader;
    if (got > 0) reader.feed({packet.data(), static_cast<std::size_t>(got)});
    if (auto answer = reader.next()) return std::get<wire::answer>(*std::move(answer));
    trouble_ = "the host was asked and does not answer any more";
    return {.status = 1, .text = trouble_};
}

} // namespace ktest::init
