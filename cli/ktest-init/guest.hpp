#pragma once

#include "agent.hpp"
#include "command_streams.hpp"
#include "kernel_log.hpp"
#include "node_requests.hpp"
#include "ssh_server.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace ktest::init {

/// The guest once it is set up: does what the host says, forwards what the kernel and the command say, reaps.
class guest {
public:
    explicit guest(agent&& host);

    /// Says `ready` once `set_up` has ended (or `trouble`, if that failed) and serves for ever.
    [[noreturn]] void serve(std::function<problem()> const& set_up);

private:
    void start_daemons();
    void hear();
    void carry_out(wire::run const& run);
    void carry_out(wire::finish const& finish);
    void carry_out(wire::input const& input);
    void carry_out(wire::resize const& size);
    void carry_out(wire::rest const& rest);
    void carry_out(wire::wake const& wake);
    static void carry_out(wire::sysrq const& sysrq);
    void carry_out(wire::answer const& answer) { requests_.pass(answer); }
    [[noreturn]] void carry_out(wire::power_off const& /*power_off*/);

    void await_before_rest(pid_t pid, std::function<void(int status)> then = {});
    void rest_if_wanted();
    auto prepare(wire::run const& run) -> problem;
    auto start_command(wire::run const& run) -> problem;
    void command_ended(int status);
    void finish_now();
    void forward_kernel_log();
    auto patience() const -> int;
    void beat();
    void reap();
    void when_ended(pid_t pid, std::function<void(int status)> then);

    agent host_;
    kernel_log log_;
    ssh_server ssh_;
    command_streams streams_;
    node_requests requests_;
    descriptor children_; ///< signalfd of SIGCHLD
    std::vector<std::pair<pid_t, std::function<void(int status)>>> awaited_;
    std::optional<std::string> nonce_; ///< of the run, once there is one
    bool daemons_ = false;             ///< have been started
    std::string offset_;               ///< of the kernel
    bool rest_wanted_ = false;
    int before_rest_ = 0;  ///< processes whose end a rest waits for
    bool resting_ = false; ///< between `rest` and `wake` nothing is said
    bool deaf_ = false;    ///< the host could not be understood
    std::optional<std::chrono::milliseconds> heartbeat_;
    std::chrono::steady_clock::time_point next_beat_;
    bool command_runs_ = false;
    std::optional<wire::finish> finish_; ///< once the command has ended, or then
    std::chrono::steady_clock::time_point finish_by_;
};

} // namespace ktest::init
