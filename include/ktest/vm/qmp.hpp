#pragma once

#include <ktest/descriptor.hpp>
#include <ktest/vm/qmp_message.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <sys/socket.h>

namespace ktest {

/// QEMU's machine protocol over a connected socket (QEMU's docs/interop/qmp-spec.txt). Everything happens in
/// the io_context's thread; `on_end` is called when QEMU has closed its end, and nothing after it.
class qmp_client {
public:
    using json = nlohmann::json;
    using answer = std::function<void(result<json>)>;
    using event = std::function<void(qmp_event const&)>;

    qmp_client(boost::asio::io_context& loop, descriptor socket, event on_event, std::function<void()> on_end)
        : socket_{loop, boost::asio::local::stream_protocol{}, socket.release()},
          on_event_{std::move(on_event)},
          on_end_{std::move(on_end)} {
        read();
        execute("qmp_capabilities");
    }

    /// Sends a command; `on_answer` gets what it returned, or QEMU's own words why not. Arguments that are
    /// null are none: QEMU wants an object.
    void execute(std::string const& command, json arguments = json::object(), answer on_answer = {}) {
        auto const id = ++last_id_;
        if (on_answer) answers_[id] = std::move(on_answer);
        if (arguments.is_null()) arguments = json::object();
        auto text = std::make_shared<std::string>(
            json{{"execute", command}, {"arguments", std::move(arguments)}, {"id", id}}.dump() + "\n");
        // One command fits a socket's buffer many times over, so writes that follow each other cannot mix.
        boost::asio::async_write(socket_, boost::asio::buffer(*text), [text](auto, auto) {});
    }

    /// Gives QEMU an open file, which the commands that follow know by `name`.
    void pass(descriptor const& file, std::string const& name, answer on_answer = {}) {
        auto const id = ++last_id_;
        if (on_answer) answers_[id] = std::move(on_answer);
        auto const text =
            json{{"execute", "getfd"}, {"arguments", {{"fdname", name}}}, {"id", id}}.dump() + "\n";
        iovec bytes{const_cast<char*>(text.data()),
                    text.size()}; // NOLINT(cppcoreguidelines-pro-type-const-cast)
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
        msghdr message{};
        message.msg_iov = &bytes;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        auto* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        auto const number = file.get();
        std::memcpy(CMSG_DATA(header), &number, sizeof number);
        (void)::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL); // QEMU's end, if it failed, tells
    }

private:
    /// A line longer than this is QEMU's end: it would fill the host's memory.
    static constexpr std::size_t line_limit = 16U << 20U;

    void read() {
        boost::asio::async_read_until(socket_, boost::asio::dynamic_buffer(received_, line_limit), '\n',
                                      [this](boost::system::error_code failed, std::size_t size) {
                                          if (failed == boost::asio::error::operation_aborted) return;
                                          if (failed) return on_end_();
                                          auto said = parse_qmp(std::string_view{received_}.substr(0, size));
                                          received_.erase(0, size);
                                          if (said) take(std::move(*said));
                                          read();
                                      });
    }

    void take(qmp_message said) {
        if (auto const* happened = std::get_if<qmp_event>(&said)) return on_event_(*happened);
        auto& answered = std::get<qmp_answer>(said);
        auto const asked = answers_.find(answered.id);
        if (asked == answers_.end()) return;
        auto const call = std::move(asked->second);
        answers_.erase(asked);
        call(std::move(answered.value));
    }

    boost::asio::local::stream_protocol::socket socket_;
    event on_event_;
    std::function<void()> on_end_;
    std::string received_;
    std::map<std::int64_t, answer> answers_;
    std::int64_t last_id_ = 0;
};

} // namespace ktest
