#pragma once

#include "give_up.hpp"
#include <ktest/guest/wire.hpp>
#include <ktest/run/guest_source.hpp>
#include <ktest/run/test_plan.hpp>

#include <chrono>
#include <string>

#include <poll.h>
#include <sys/socket.h>

namespace bench {

using namespace ktest;

/// QEMU with the least that makes its guest run a test: no log is kept, nothing is judged. Everything that it
/// needs is made beforehand; it is killed once the guest has said success.
class bare_guest {
public:
    bare_guest(test_plan const& plan, paths const& where, template_use use)
        : start_{plan.start}, source_{plan.machine, where, use, true, [](std::string_view why) {
                                          give_up(why);
                                      }} {
        auto guest = write_payload(where.scratch(), plan.payload).and_then([&](descriptor payload) {
            return prepare_guest(plan.machine, std::move(payload), where, where.scratch(), {},
                                 [&](descriptor& iso) { return source_.begin(iso); });
        });
        if (!guest) give_up(guest.error().message);
        guest_.emplace(std::move(*guest));
        wake_ = source_.wake(guest_->place, start_.nonce, plan.seed);
        if (use != template_use::none && !source_.is_of_template()) give_up("there is no template");
    }

    /// From QEMU's start to its end.
    void run() {
        auto& with = guest_->start;
        auto qemu = ktest::start(with.qemu);
        if (!qemu) give_up(qemu.error().message);
        with.inherited.clear();
        if (wake_) restore();
        while (output_.find("TEST SUCCESS") == std::string::npos) {
            std::array waited{pollfd{with.agent.get(), POLLIN, 0}, pollfd{with.output.get(), POLLIN, 0},
                              pollfd{with.console.get(), POLLIN, 0}};
            ::poll(waited.data(), waited.size(), -1);
            // A console that nobody reads fills its socket, byte by byte, and then holds the guest up.
            if (waited[2].revents != 0) (void)some_of(with.console);
            if (waited[1].revents != 0) output_ += some_of(with.output);
            if (waited[0].revents != 0) hear(some_of(with.agent));
        }
        qemu->signal(SIGKILL);
        qemu->wait();
    }

private:
    static auto some_of(descriptor const& stream) -> std::string {
        std::string block(1U << 16U, '\0');
        auto const got = ::read(stream.get(), block.data(), block.size());
        if (got <= 0) give_up("the guest has gone");
        block.resize(static_cast<std::size_t>(got));
        return block;
    }

    void hear(std::string const& said) {
        agent_.feed(said);
        while (auto const message = agent_.next())
            if (std::holds_alternative<wire::ready>(*message)
                || std::holds_alternative<wire::awake>(*message))
                (void)write_all(guest_->start.agent.get(), wire::encode(start_));
    }

    void execute(std::string const& command) { (void)write_all(guest_->start.qmp.get(), command + "\n"); }

    /// (QEMU's docs/system/vm-templating.rst)
    void restore() {
        auto& with = guest_->start;
        execute(R"({"execute":"qmp_capabilities"})");
        execute(R"({"execute":"migrate-set-capabilities","arguments":{"capabilities":[)"
                R"({"capability":"events","state":true},{"capability":"x-ignore-shared","state":true}]}})");
        pass_state();
        execute(R"({"execute":"migrate-incoming","arguments":{"uri":"fd:state"}})");
        for (std::string said; said.find(R"("completed")") == std::string::npos; said += some_of(with.qmp)) {
        }
        for (auto const& [node, size] : with.resized)
            execute(fmt::format(R"({{"execute":"block_resize","arguments":{{"node-name":"{}","size":{}}}}})",
                                node, size.count));
        execute(R"({"execute":"cont"})");
        wake_->wall_clock_ns = static_cast<std::uint64_t>(
            std::chrono::nanoseconds{std::chrono::system_clock::now().time_since_epoch()}.count());
        (void)write_all(with.agent.get(), wire::encode(*wake_));
    }

    void pass_state() {
        std::string text = R"({"execute":"getfd","arguments":{"fdname":"state"}})"
                           "\n";
        iovec bytes{text.data(), text.size()};
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
        auto const number = guest_->start.state.get();
        std::memcpy(CMSG_DATA(header), &number, sizeof number);
        if (::sendmsg(guest_->start.qmp.get(), &message, 0) < 0) give_up("QEMU does not take the state");
    }

    wire::run start_;
    guest_source source_;
    std::optional<prepared_guest> guest_;
    std::optional<wire::wake> wake_;
    wire::reader<wire::from_guest> agent_;
    std::string output_;
};

} // namespace bench
