#include "guest.hpp"

#include "disks.hpp"
#include "host_socket.hpp"
#include "modules.hpp"
#include "mounts.hpp"
#include "network.hpp"
#include "node_programs.hpp"
#include "out_files.hpp"
#include "template_rest.hpp"
#include "text_file.hpp"
#include "udevd.hpp"

#include <algorithm>
#include <csignal>

#include <poll.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace ktest::init {

guest::guest(agent&& host) : host_{std::move(host)} {
    sigset_t child;
    ::sigemptyset(&child);
    ::sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child, nullptr);
    children_ = descriptor{::signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC)};
}

void guest::serve(std::function<problem()> const& set_up) {
    offset_ = kernel_offset();
    forward_kernel_log();
    hear(); // a guest that is to rest need not be ready to begin with that
    if (auto const wrong = set_up())
        host_.send(wire::trouble{*wrong});
    else
        host_.send(wire::ready{.release = kernel_release(), .kernel_offset = offset_});
    for (;;) {
        std::array<pollfd, 7> sources{{{deaf_ || streams_.full() ? -1 : host_.number(), POLLIN, 0},
                                       {resting_ ? -1 : log_.number(), POLLIN, 0},
                                       {children_.get(), POLLIN, 0},
                                       {ssh_.number(), POLLIN, 0},
                                       {streams_.output(), POLLIN, 0},
                                       {streams_.input(), POLLOUT, 0},
                                       {requests_.number(), POLLIN, 0}}};
        // Daemons would take the processor from the test's start: they come after it, or if it does not come
        // at once.
        auto const quiet = ::poll(sources.data(), sources.size(), patience()) == 0;
        beat();
        if (finish_ && std::chrono::steady_clock::now() >= finish_by_) finish_now();
        if (sources[1].revents != 0) forward_kernel_log();
        if (sources[4].revents != 0)
            if (auto said = streams_.next()) host_.send(*std::move(said));
        if (sources[5].revents != 0) streams_.write_pending();
        if (sources[6].revents != 0)
            if (auto news = requests_.next())
                std::visit([this](auto const& what) { host_.send(what); }, *std::move(news));
        if (sources[2].revents != 0) reap();
        if (sources[3].revents != 0) ssh_.accept();
        hear(); // after what may have made room for more input
        if (!daemons_ && (nonce_ || quiet)) start_daemons();
    }
}

auto guest::patience() const -> int {
    if (!daemons_) return 100;
    if (!heartbeat_ && !finish_) return -1;
    auto next = heartbeat_ ? next_beat_ : finish_by_;
    if (finish_) next = std::min(next, finish_by_);
    auto const left = next - std::chrono::steady_clock::now();
    return std::max(0, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
}

void guest::beat() {
    auto const now = std::chrono::steady_clock::now();
    if (!heartbeat_ || now < next_beat_) return;
    next_beat_ = now + *heartbeat_;
    host_.send(wire::alive{});
}

void guest::start_daemons() {
    daemons_ = true;
    await_before_rest(start_udevd(), [this](int status) {
        if (rest_wanted_) await_before_rest(warm_up()); // beside udevd's work; its start takes a processor
        if (status != 0) return;
        auto notes = announce_devices();
        if (rest_wanted_) await_before_rest(await_udevd(std::move(notes)));
    });
}

void guest::hear() {
    while (!deaf_ && !streams_.full()) {
        auto const message = host_.next();
        if (!message) break;
        std::visit([this](auto const& what) { carry_out(what); }, *message);
    }
    if (!deaf_ && !host_.broken().empty()) {
        deaf_ = true;
        host_.send(wire::trouble{"what the host says cannot be read: " + std::string{host_.broken()}});
    }
}

void guest::carry_out(wire::run const& run) {
    auto wrong = nonce_ ? problem{"the host has said `run` twice"} : prepare(run);
    if (!wrong) wrong = start_command(run);
    if (wrong) host_.send(wire::trouble{*std::move(wrong)});
}

auto guest::prepare(wire::run const& run) -> problem {
    nonce_ = run.nonce;
    set_clock(run.wall_clock_ns);
    if (run.heartbeat_ms > 0) heartbeat_ = std::chrono::milliseconds{run.heartbeat_ms};
    for (auto const& setting : run.settings) {
        auto const sign = std::min(setting.find('='), setting.size() - 1);
        write_switch(setting.substr(0, sign), std::string_view{setting}.substr(sign + 1));
    }
    if (!run.hosts.empty()) {
        name_nodes(run.hosts); // before the hostname: a node's is in it
        keep_to_own_networks();
    }
    if (!run.hostname.empty()) name_host(run.hostname);
    if (auto wrong = join_networks(run.networks)) return wrong;
    if (auto wrong = check_scratch_disks(run.scratch)) return wrong;
    if (auto wrong = run.hosts.empty() ? problem{} : make_node_programs()) return wrong;
    if (auto wrong = run.hosts.empty() ? problem{} : requests_.listen(host_socket)) return wrong;
    ssh_.listen(run.host_key, run.authorized_key, scratch_paths(run.scratch.size()));
    ::mkdir(out_directory, 0755);
    return run.has_payload != 0 ? mount_payload() : problem{};
}

auto guest::start_command(wire::run const& run) -> problem {
    program what{.arguments = run.arguments,
                 .environment = base_environment(),
                 .directory = run.has_payload != 0 ? "/cdrom" : "/"};
    auto const terminal = run.io == static_cast<std::uint8_t>(wire::streams::terminal);
    auto& environment = what.environment;
    environment.emplace_back(terminal ? "TERM=xterm-256color" : "TERM=dumb");
    environment.push_back("KTEST_SCRATCH=" + scratch_paths(run.scratch.size()));
    environment.push_back(std::string{"KTEST_OUT="} + out_directory);
    for (auto const& variable : run.environment) {
        auto const name = variable.substr(0, variable.find('=') + 1);
        std::erase_if(environment, [&](auto const& other) { return other.starts_with(name); });
        environment.push_back(variable);
    }
    if (!run.arguments.empty())
        if (auto wrong = streams_.open(run, what)) return wrong;
    forward_kernel_log(); // what was said before the test comes before `started`
    host_.send(wire::started{*nonce_, kernel_witnesses()});
    if (run.arguments.empty()) return {};
    auto const pid = start(what);
    if (pid < 0) return failure("cannot fork");
    streams_.handed_over();
    command_runs_ = true;
    when_ended(pid, [this](int status) { command_ended(status); });
    return {};
}

void guest::command_ended(int status) {
    streams_.end_input();
    // What it wrote is in a pipe or a tty by now, so in less than this; what others write has no end.
    for (std::size_t bytes = 0; bytes < wire::frame_limit;) {
        auto said = streams_.next();
        if (!said) break;
        bytes += said->data.size();
        host_.send(*std::move(said));
    }
    host_.send(wire::ended{*nonce_, static_cast<std::uint32_t>(status)});
    command_runs_ = false;
    if (finish_) finish_now();
}

// Who has said success mostly ends at once; what he says, and what the kernel does of it, must not depend on
// who is faster.
void guest::carry_out(wire::finish const& finish) {
    constexpr std::chrono::milliseconds patience{100};
    finish_ = finish;
    finish_by_ = std::chrono::steady_clock::now() + patience;
    if (!command_runs_) finish_now();
}

void guest::finish_now() {
    auto const finish = *std::exchange(finish_, std::nullopt);
    forward_kernel_log();
    send_out_files([this](wire::out_file piece) { host_.send(std::move(piece)); });
    forward_kernel_log();
    host_.send(wire::finished{finish.nonce, kernel_witnesses()});
}

void guest::carry_out(wire::input const& input) { streams_.give(input.data); }
void guest::carry_out(wire::resize const& size) { streams_.resize(size.rows, size.columns); }

void guest::carry_out(wire::rest const& /*rest*/) {
    rest_wanted_ = true;
    if (!daemons_) return start_daemons();
    await_before_rest(await_udevd({}));
    await_before_rest(warm_up());
}

void guest::await_before_rest(pid_t pid, std::function<void(int status)> then) {
    if (pid < 0) return then ? then(-1) : void();
    ++before_rest_;
    when_ended(pid, [this, then = std::move(then)](int status) {
        if (then) then(status);
        --before_rest_;
        rest_if_wanted();
    });
}

void guest::rest_if_wanted() {
    if (!rest_wanted_ || before_rest_ != 0) return;
    ::sync(); // or every restored guest would write it again
    forward_kernel_log();
    host_.send(kernel_health());
    resting_ = true;
}

void guest::carry_out(wire::wake const& wake) {
    if (auto wrong = wake_up(wake)) return host_.send(wire::trouble{*std::move(wrong)});
    resting_ = false;
    host_.send(wire::awake{.nonce = wake.nonce,
                           .release = kernel_release(),
                           .kernel_offset = offset_,
                           .wall_clock_ns = wall_clock()});
}

void guest::carry_out(wire::sysrq const& sysrq) {
    for (auto const key : sysrq.keys) write_switch("/proc/sysrq-trigger", std::string{key});
}

void guest::carry_out(wire::power_off const& /*power_off*/) {
    ::kill(-1, SIGKILL);
    ::sync();
    remount_root_read_only();
    ::reboot(RB_POWER_OFF);
    for (;;) ::pause();
}

void guest::forward_kernel_log() {
    // More than the kernel keeps, so whatever was there when this began; a flood must not be all that one
    // does.
    for (auto batches = 0; batches < 256; ++batches) {
        auto records = log_.next();
        if (!records) return;
        host_.send(*std::move(records));
    }
}

void guest::when_ended(pid_t pid, std::function<void(int status)> then) {
    if (pid > 0) awaited_.emplace_back(pid, std::move(then));
}

void guest::reap() {
    signalfd_siginfo signal{};
    while (::read(children_.get(), &signal, sizeof signal) > 0) {
    }
    auto status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        auto const found =
            std::find_if(awaited_.begin(), awaited_.end(), [&](auto const& one) { return one.first == pid; });
        if (found == awaited_.end()) continue;
        auto const then = std::move(found->second);
        awaited_.erase(found);
        then(status);
    }
}

} // namespace ktest::init
