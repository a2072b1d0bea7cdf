#pragma once

#include <ktest/run/processor_share.hpp>
#include <ktest/run/session.hpp>
#include <ktest/run/signs_of_life.hpp>

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace ktest {

namespace detail {

/// A process's state as the kernel's one letter (proc(5)); blank where there is no such process.
inline auto process_state(pid_t pid) -> char {
    auto const stat = read_file(fmt::format("/proc/{}/stat", pid)).value_or("");
    auto const name_end = stat.rfind(')');
    return name_end == stat.npos || name_end + 2 >= stat.size() ? ' ' : stat[name_end + 2];
}

} // namespace detail

/// Looks once a second at what no event tells: whether the guest is silent, whether QEMU is stopped or has
/// lost a channel, and how much the host lets the virtual CPUs run.
class guest_watch {
public:
    struct hooks {
        std::function<bool()> stands; ///< the guest cannot say anything: the monitor or a debugger has it
        std::function<void()> silent; ///< the guest should have said something long ago
        std::function<void(error const&)> host_failed;
        std::function<void(std::string)> channel_closed; ///< by the guest
        std::function<void(std::string_view)> say;
    };

    guest_watch(boost::asio::io_context& loop, hooks call) : timer_{loop}, call_{std::move(call)} {}

    void begin(session& machine) {
        machine_ = &machine;
        machine.qmp().execute("query-cpus-fast", {}, [this](result<nlohmann::json> const& cpus) {
            if (!cpus || !cpus->is_array()) return;
            for (auto const& cpu : *cpus)
                if (cpu.is_object() && cpu.contains("thread-id") && cpu["thread-id"].is_number_integer())
                    threads_.push_back(cpu["thread-id"].get<int>());
        });
        wait();
    }
    void end() {
        ended_ = true;
        timer_.cancel();
    }

    /// From now on silence of that length counts.
    void expect_life(std::chrono::seconds silence) {
        silence_ = silence;
        life_.user_space();
    }
    auto life() -> signs_of_life& { return life_; }
    auto qemu_is_stopped() const -> bool { return stopped_for_ > 0; }
    /// As processor_share has it, up to this moment.
    auto starved(std::chrono::seconds window) -> std::optional<std::chrono::seconds> {
        look_at_threads(false);
        return share_.starved(window);
    }

private:
    void wait() {
        timer_.expires_after(std::chrono::seconds{1});
        timer_.async_wait([this](auto cancelled) {
            if (cancelled || ended_) return;
            look();
            if (!ended_) wait();
        });
    }

    void look() {
        auto const stopped = detail::process_state(machine_->pid()) == 'T';
        look_at_threads(stopped);
        if (heed_stop(stopped) || heed_channels() || call_.stands()) return;
        life_.second_passed();
        if (silence_ && life_.hangs(*silence_)) call_.silent();
    }

    void look_at_threads(bool stopped) {
        std::vector<thread_time> times;
        for (auto const thread : threads_) {
            auto const path = fmt::format("/proc/{}/task/{}/schedstat", machine_->pid(), thread);
            times.push_back(parse_thread_time(read_file(path).value_or("")).value_or(thread_time{}));
        }
        share_.add(processor_share::clock::now(), times, stopped);
    }

    auto heed_stop(bool stopped) -> bool {
        constexpr auto patience = 10;
        if (!stopped) {
            if (std::exchange(stopped_for_, 0) > 0) call_.say("QEMU goes on");
            return false;
        }
        if (stopped_for_++ == 0)
            call_.say(fmt::format("somebody has stopped QEMU (SIGSTOP): 'kill -CONT {}' lets it go on",
                                  machine_->pid()));
        if (stopped_for_ == patience)
            call_.host_failed(
                {fault::unavailable, fmt::format("QEMU was stopped (SIGSTOP) for {} s", patience)});
        return true;
    }

    /// A machine that ends, or reboots, closes them too: a moment later that is known.
    auto heed_channels() -> bool {
        constexpr auto patience = 5;
        auto const lost = std::string{machine_->lost_channel()};
        lost_for_ = lost.empty() ? 0 : lost_for_ + 1;
        if (lost_for_ != patience) return false;
        if (machine_->lost_by_qemu())
            call_.host_failed({fault::unavailable, lost});
        else
            call_.channel_closed(lost);
        return true;
    }

    boost::asio::steady_timer timer_;
    hooks call_;
    session* machine_ = nullptr;
    std::vector<int> threads_; ///< of the virtual CPUs
    processor_share share_;
    signs_of_life life_;
    std::optional<std::chrono::seconds> silence_;
    int stopped_for_ = 0, lost_for_ = 0;
    bool ended_ = false;
};

} // namespace ktest
