#include "catch.hpp"
#include "host_socket.hpp"
#include "nodes_without_vms.hpp"
#include <ktest/guest/wire.hpp>

using namespace ktest;

namespace {

/// A process that says what it likes.
class hostile_process {
public:
    explicit hostile_process(nodes_without_vms& nodes)
        : nodes_{&nodes}, socket_{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
        auto const address = init::address_of(nodes.socket(0));
        REQUIRE(::connect(socket_.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0);
    }

    void say(std::string const& packet) const {
        CHECK(::send(socket_.get(), packet.data(), packet.size(), MSG_NOSIGNAL)
              == static_cast<ssize_t>(packet.size()));
    }
    void ask(std::vector<std::string> words) const {
        say(wire::encode(wire::request{9, std::move(words), ""}));
    }

    /// What comes; nothing: init has hung up.
    auto hear() -> std::string {
        std::string packet(init::packet_limit, '\0');
        ssize_t got = -1;
        while ((got = ::recv(socket_.get(), packet.data(), packet.size(), 0)) < 0)
            if (errno == ECONNRESET)
                return {};
            else
                nodes_->turn(socket_.get());
        return packet.substr(0, static_cast<std::size_t>(got));
    }

    auto is_hung_up() const -> bool {
        pollfd end{socket_.get(), 0, 0};
        return ::poll(&end, 1, 0) > 0 && (end.revents & POLLHUP) != 0;
    }

private:
    nodes_without_vms* nodes_;
    descriptor socket_;
};

} // namespace

TEST_CASE("init hangs up on who does not speak in frames", "[node_requests]") {
    nodes_without_vms nodes;
    auto const too_long =
        wire::encode(wire::request{1, {"send", "key"}, std::string(init::packet_limit, 'x')});
    for (auto const& packet :
         {std::string{"GET / HTTP/1.0\r\n\r\n"}, std::string(5, '\0'), std::string(100, '\xff'), too_long,
          wire::encode(wire::answer{}), wire::encode(wire::power_off{}),
          wire::encode(wire::request{1, {"wait", "key"}, ""}).substr(0, 12)}) {
        hostile_process process{nodes};
        process.say(packet);
        CHECK(process.hear().empty());
    }
    CHECK(nodes.heard.empty());
    CHECK(nodes.dropped == 0);
    CHECK(nodes.run(1, {"ktest-send", "key", "value"}) == "0: ");
}

TEST_CASE("who asks again before he has his answer is hung up on, and the host hears of it",
          "[node_requests]") {
    nodes_without_vms nodes;
    hostile_process process{nodes};
    process.ask({"wait", "key"});
    process.ask({"wait", "key"});
    CHECK(process.hear().empty());
    CHECK(nodes.heard == std::vector<std::string>{"wait key"});
    CHECK(nodes.dropped == 1);
    CHECK(nodes.meeting.waiting().empty());
}

TEST_CASE("who gives up what he does not wait for is not heard", "[node_requests]") {
    nodes_without_vms nodes;
    hostile_process process{nodes};
    for (auto i = 0; i < 5; ++i) process.ask({"give-up"});
    process.ask({"send", "key", "value"});
    CHECK(process.hear() == wire::encode(wire::answer{.number = 1}));
    CHECK(nodes.heard == std::vector<std::string>{"send key value"});
}

TEST_CASE("a process's number is init's to give", "[node_requests]") {
    nodes_without_vms nodes;
    hostile_process one{nodes};
    hostile_process other{nodes};
    one.ask({"wait", "key"});
    other.ask({"wait", "key"}); // both say that they are 9
    nodes.until([&] { return nodes.heard.size() == 2; });
    CHECK(nodes.run(1, {"ktest-send", "key", "value"}) == "0: ");
    CHECK(one.hear() == wire::encode(wire::answer{.number = 1, .text = "value"}));
    CHECK(other.hear() == wire::encode(wire::answer{.number = 2, .text = "value"}));
}

TEST_CASE("who does not read his answers is hung up on when no more fit", "[node_requests]") {
    nodes_without_vms nodes;
    CHECK(nodes.run(0, {"ktest-send", "key", std::string(60000, 'x')}) == "0: ");
    hostile_process process{nodes};
    auto const gone = nodes.dropped + 1;
    auto const before = nodes.heard.size();
    std::size_t asked = 0;
    while (!process.is_hung_up()) {
        process.ask({"wait", "key"});
        ++asked;
        nodes.until([&] { return nodes.heard.size() == before + asked; });
    }
    nodes.until([&] { return nodes.dropped == gone; });
    CHECK(asked < 20);
}

TEST_CASE("more processes than init serves at once wait until others have gone", "[node_requests]") {
    nodes_without_vms nodes;
    constexpr auto most = init::node_requests::most_processes;
    std::vector<hostile_process> processes;
    for (std::size_t i = 0; i < most + 10; ++i) {
        processes.emplace_back(nodes);
        if (i < most) nodes.turn(-1);
    }
    for (auto const& process : processes) process.ask({"wait", "key"});
    nodes.until([&] { return nodes.heard.size() == most; });
    auto const late = nodes.start(0, {"ktest-send", "late", "value"});
    CHECK(nodes.run(1, {"ktest-wait", "-t", "0", "late"}).starts_with("1: "));
    processes.erase(processes.begin(), processes.begin() + 20);
    CHECK(nodes.finish(late) == "0: ");
    CHECK(nodes.run(1, {"ktest-wait", "late"}) == "0: value\n");
}
