#pragma once

#include <ktest/child_process.hpp>
#include <ktest/guest/wire.hpp>
#include <ktest/run/byte_stream.hpp>
#include <ktest/run/event.hpp>
#include <ktest/spec/bytes.hpp>
#include <ktest/vm/qmp.hpp>

// Boost 1.81's process headers need these two first where they are used with the standard file system.
#include <boost/optional.hpp>
#include <boost/type_traits.hpp>
#define BOOST_PROCESS_USE_STD_FS
#include <boost/process/v2/process.hpp>

#include <array>
#include <functional>
#include <optional>
#include <string>

namespace ktest {

/// A QEMU ready to be started, and our ends of its sockets.
struct launch {
    command qemu;
    std::vector<descriptor> inherited; ///< what `qemu.descriptors` names, kept open until QEMU has it
    descriptor qmp, agent, output, console;
    descriptor state;               ///< of a saved machine, to be loaded; closed: the machine boots
    std::vector<descriptor> cables; ///< of the cards on the test's own networks
    std::vector<std::pair<std::string, bytes>> resized; ///< disks that are of another size until it goes on
};

/// One running QEMU and everything that it and its guest say, as events in the loop's thread. Destroyed, it
/// kills the machine. `machine_gone` comes last, when QEMU has ended and every stream has been read to its
/// end.
class session {
public:
    using handler = std::function<void(session_event const&)>;

    static auto begin(boost::asio::io_context& loop, launch with, handler on_event)
        -> result<std::unique_ptr<session>> {
        std::array<int, 2> pipe{};
        if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return system_failure(errno, "pipe");
        descriptor complaints{pipe[0]};
        descriptor const theirs{pipe[1]};
        with.qemu.descriptors.emplace_back(theirs.get(), 1);
        with.qemu.descriptors.emplace_back(theirs.get(), 2);
        return start(with.qemu).map([&](child_process child) {
            return std::unique_ptr<session>{new session{loop, std::move(child), std::move(with),
                                                        std::move(complaints), std::move(on_event)}};
        });
    }

    ~session() { kill(); }
    session(session const&) = delete;
    auto operator=(session const&) -> session& = delete;

    template<class Message>
    void tell(Message message) {
        outgoing_ += wire::encode(std::move(message));
        send();
    }
    /// Bytes told that QEMU has not taken yet.
    auto backlog() const -> std::size_t { return outgoing_.size(); }
    /// Calls once, as soon as QEMU has taken everything.
    void when_sent(std::function<void()> call) { when_sent_ = std::move(call); }
    /// Stops the guest and saves the state of its devices; `state_moved` follows. Its memory must be a shared
    /// file. (QEMU's docs/system/vm-templating.rst)
    void save(descriptor const& state) {
        qmp_.execute("stop");
        prepare_to_move();
        constexpr std::int64_t unlimited = 1'000'000'000'000; // QEMU's default is for networks
        qmp_.execute("migrate-set-parameters", {{"max-bandwidth", unlimited}});
        move_state(state, "migrate");
    }
    /// Lets the guest go on where it was saved, and gives its disks their sizes.
    void go_on() {
        qmp_.execute("cont", nlohmann::json::object(), [this](result<nlohmann::json> const& taken) {
            // QEMU tells that the state is saved a moment before it can go on.
            constexpr auto limit = 10'000;
            if (!taken) return ++tries_to_go_on_ < limit ? go_on() : kill();
            // A disk is nobody's as long as its guest may go on elsewhere.
            for (auto const& [node, size] : std::exchange(resized_, {}))
                qmp_.execute("block_resize", {{"node-name", node}, {"size", size.count}});
        });
    }
    /// Ends QEMU at once; `machine_gone` follows.
    void kill() {
        if (!ended_) ::kill(-pid_, SIGKILL);
    }
    /// Types into the first serial port; what QEMU does not take at once is lost.
    void type_on_console(std::string_view keys) {
        (void)::send(console_.number(), keys.data(), keys.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    /// What QEMU, or init, has closed although the machine still runs; empty: nothing.
    auto lost_channel() const -> std::string_view {
        if (ended_) return "";
        return lost_.empty() && agent_hung_up_ ? "init has closed its channel to the host" : lost_;
    }
    /// Whose fault a lost channel is: QEMU's, and so the host's, or the guest's.
    auto lost_by_qemu() const -> bool { return !lost_.empty(); }
    auto pid() const -> pid_t { return pid_; }
    auto qmp() -> qmp_client& { return qmp_; }

private:
    using process = boost::process::v2::basic_process<boost::asio::io_context::executor_type>;

    session(boost::asio::io_context& loop, child_process child, launch with, descriptor complaints,
            handler on_event)
        : on_event_{std::move(on_event)},
          pid_{child.pid()},
          process_{loop.get_executor(), child.release()},
          qmp_{loop, std::move(with.qmp), [this](qmp_event const& event) { on_qmp(event); },
               [this] { part_lost("QEMU has closed its monitor"); }},
          writable_{loop, ::fcntl(with.agent.get(), F_DUPFD_CLOEXEC, 0)},
          output_{loop, std::move(with.output),
                  [this](std::string_view bytes) { on_event_(output_bytes{std::string{bytes}}); },
                  [this] { part_ended(); }},
          agent_{loop, std::move(with.agent), [this](std::string_view bytes) { on_agent(bytes); },
                 [this] { part_lost("QEMU has closed the channel to the guest's init"); }},
          console_{loop, std::move(with.console),
                   [this](std::string_view bytes) { on_event_(console_bytes{std::string{bytes}}); },
                   [this] { part_ended(); }},
          complaints_{loop, std::move(complaints),
                      [this](std::string_view bytes) {
                          if (gone_.complaint.size() < complaint_limit) gone_.complaint += bytes;
                      },
                      [this] { part_ended(); }} {
        with.inherited.clear();
        resized_ = std::move(with.resized);
        if (with.state) {
            loading_ = true;
            prepare_to_move();
            // Frames that no guest sent come now, or not at all: QEMU 7.2 dies of none when the guest resets.
            qmp_.execute("migrate-set-parameters", {{"announce-rounds", 1}});
            move_state(with.state, "migrate-incoming");
        }
        process_.async_wait([this](boost::system::error_code, int) {
            ended_ = true;
            gone_.wait_status = process_.native_exit_code();
            part_ended();
        });
    }

    void on_agent(std::string_view bytes) {
        incoming_.feed(bytes);
        while (auto message = incoming_.next()) {
            output_.drain(); // what the guest wrote before it said this has arrived before this
            on_event_(std::move(*message));
        }
        if (!incoming_.broken().empty() && !std::exchange(agent_broken_, true))
            on_event_(wire::from_guest{
                wire::trouble{fmt::format("the guest's init speaks rubbish: {}", incoming_.broken())}});
    }

    void on_qmp(qmp_event const& event) {
        agent_.drain(); // what the guest did before QEMU said this comes before this
        output_.drain();
        auto const& name = event.name;
        if (name == "SHUTDOWN")
            gone_.cause = event.text("reason");
        else if (name == "RESET" && event.flag("guest", false)) {
            incoming_ = {};
            agent_hung_up_ = false;
            on_event_(guest_reset{});
        } else if (name == "GUEST_PANICKED")
            on_event_(guest_panicked{});
        else if (auto const status = event.text("status");
                 name == "MIGRATION" && (status == "completed" || status == "failed"))
            state_has_moved(status == "completed");
        else if (name == "DUMP_COMPLETED")
            on_event_(dump_completed{event.text("error")});
        else if (name == "STOP" || name == "RESUME")
            on_event_(guest_stopped{name == "STOP"});
        else if (name == "BLOCK_IO_ERROR" && event.text("action") == "stop")
            on_event_(host_disk_failed{.disk = event.text("node-name"),
                                       .full = event.flag("nospace", false),
                                       .reading = event.text("operation") == "read",
                                       .reason = event.text("reason")});
        else if (name == "VSERPORT_CHANGE" && event.text("id") == "agent-port")
            agent_hung_up_ = !event.flag("open", true);
        else if (name == "VSERPORT_CHANGE" && event.text("id") == "output-port" && !event.flag("open", true))
            on_event_(output_closed{});
    }

    void state_has_moved(bool whole) {
        if (whole && loading_) go_on(); // it was saved standing still
        on_event_(state_moved{whole});
    }
    void prepare_to_move() {
        auto capabilities = nlohmann::json::array();
        for (auto const* name : {"events", "x-ignore-shared"})
            capabilities.push_back({{"capability", name}, {"state", true}});
        qmp_.execute("migrate-set-capabilities", {{"capabilities", std::move(capabilities)}});
    }
    void move_state(descriptor const& state, std::string const& command) {
        qmp_.pass(state, "state");
        qmp_.execute(command, {{"uri", "fd:state"}}, [this](result<nlohmann::json> const& taken) {
            if (!taken) on_event_(state_moved{false});
        });
    }

    void send() {
        while (!outgoing_.empty()) {
            auto const sent =
                ::send(agent_.number(), outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0 && errno == EAGAIN) return wait_to_send();
            if (sent < 0) return outgoing_.clear(); // QEMU is gone; its end says so
            outgoing_.erase(0, static_cast<std::size_t>(sent));
        }
        if (auto const call = std::exchange(when_sent_, {})) call();
    }
    void wait_to_send() {
        if (std::exchange(waiting_, true)) return;
        writable_.async_wait(boost::asio::posix::stream_descriptor::wait_write, [this](auto failed) {
            waiting_ = false;
            if (!failed) send();
        });
    }

    void part_lost(std::string_view what) {
        if (lost_.empty()) lost_ = what;
        part_ended();
    }
    void part_ended() {
        constexpr auto parts = 6; // QMP, four streams and the process
        if (++parts_ended_ == parts) on_event_(gone_);
    }

    static constexpr std::size_t complaint_limit = 1U << 16U;

    handler on_event_;
    pid_t pid_;
    process process_;
    qmp_client qmp_;
    boost::asio::posix::stream_descriptor writable_;
    wire::reader<wire::from_guest> incoming_;
    std::string outgoing_;
    std::function<void()> when_sent_;
    machine_gone gone_;
    int parts_ended_ = 0;
    bool ended_ = false;
    bool loading_ = false;
    int tries_to_go_on_ = 0;
    std::vector<std::pair<std::string, bytes>> resized_;
    bool waiting_ = false;
    bool agent_broken_ = false;
    bool agent_hung_up_ = false;
    std::string_view lost_;
    byte_stream output_, agent_, console_, complaints_;
};

} // namespace ktest
