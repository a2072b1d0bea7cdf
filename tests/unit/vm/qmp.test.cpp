#include "catch.hpp"
#include <ktest/file.hpp>
#include <ktest/vm/qmp.hpp>

#include <csignal>
#include <thread>

using namespace ktest;

namespace {

/// A client and what it heard of a QEMU that says `words` and closes its end.
struct conversation {
    std::vector<std::string> events;
    std::vector<result<nlohmann::json>> answers;
    int ends = 0;

    explicit conversation(std::string const& words) {
        ::signal(SIGPIPE, SIG_IGN);
        std::array<int, 2> socket{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socket.data()) == 0);
        descriptor qemu{socket[0]};
        std::thread says{[&] {
            (void)write_all(qemu.get(), words);
            ::shutdown(qemu.get(), SHUT_WR);
        }};
        listen(descriptor{socket[1]});
        says.join();
    }

private:
    void listen(descriptor socket) {
        boost::asio::io_context loop{1};
        auto const on_event = [this](qmp_event const& event) { events.push_back(event.name); };
        qmp_client client{loop, std::move(socket), on_event, [this] { ++ends; }};
        auto const keep = [this](result<nlohmann::json> got) { answers.push_back(std::move(got)); };
        client.execute("query-status", nlohmann::json::object(), keep); // the second: capabilities come first
        loop.run();
    }
};

} // namespace

TEST_CASE("answers find who asked, and events who listens, until QEMU's end", "[qmp]") {
    conversation const heard{
        "{\"QMP\": {}}\r\n{\"return\": {}, \"id\": 1}\r\n{\"event\": \"STOP\"}\r\n"
        "{\"return\": {\"status\": \"paused\"}, \"id\": 2}\r\n{\"event\": \"RESUME\"}\r\n"};
    CHECK(heard.events == std::vector<std::string>{"STOP", "RESUME"});
    REQUIRE(heard.answers.size() == 1);
    CHECK(heard.answers[0] == nlohmann::json{{"status", "paused"}});
    CHECK(heard.ends == 1);
}

TEST_CASE("a QEMU that speaks rubbish is listened to all the same", "[qmp]") {
    conversation const heard{
        "{\"event\": 7}\n{\"id\": \"x\", \"return\": 1}\n\n[[[\n{\"error\": 3, \"id\": 2}\n"
        "{\"return\": 1, \"id\": 2}\n{\"event\": \"STOP\", \"data\": 1}\n"};
    CHECK(heard.events == std::vector<std::string>{"STOP"});
    REQUIRE(heard.answers.size() == 1);
    CHECK_FALSE(heard.answers[0]);
}

TEST_CASE("a line of QEMU that has no end is the end", "[qmp]") {
    conversation const heard{"{\"event\": \"STOP\"}\n" + std::string(17U << 20U, ' ')};
    CHECK(heard.events == std::vector<std::string>{"STOP"});
    CHECK(heard.ends == 1);
}

TEST_CASE("a command without arguments is one with an empty object of them, as QEMU wants", "[qmp]") {
    std::array<int, 2> socket{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socket.data()) == 0);
    descriptor const qemu{socket[0]};
    {
        boost::asio::io_context loop{1};
        qmp_client client{loop, descriptor{socket[1]}, [](auto const&) {}, [] {}};
        client.execute("query-cpus-fast", {}, [](auto const&) {});
    }
    std::array<char, 1000> sent{};
    auto const size = ::read(qemu.get(), sent.data(), sent.size());
    REQUIRE(size > 0);
    std::string_view const commands{sent.data(), static_cast<std::size_t>(size)};
    for (std::size_t from = 0; from < commands.size(); from = commands.find('\n', from) + 1)
        CHECK(nlohmann::json::parse(commands.substr(from, commands.find('\n', from) - from))["arguments"]
              == nlohmann::json::object());
    CHECK(commands.find("query-cpus-fast") != commands.npos);
}
