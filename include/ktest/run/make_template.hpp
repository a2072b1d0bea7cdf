#pragma once

#include <ktest/run/kernel_record.hpp>
#include <ktest/run/open_machine.hpp>
#include <ktest/run/splat_scanner.hpp>
#include <ktest/run/template_files.hpp>
#include <ktest/run/timeouts.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>

namespace ktest {

namespace detail {

/// Taints that a report of the kernel leaves behind: bad page, oops, warning, soft lockup
/// (the kernel's Documentation/admin-guide/tainted-kernels.rst).
constexpr std::uint64_t report_taints = 1U << 5U | 1U << 7U | 1U << 9U | 1U << 14U;

/// One guest that is booted to be saved.
class template_maker {
public:
    template_maker(timeouts const& budgets, descriptor const& state)
        : budgets_{budgets}, state_{state}, timer_{loop_} {}

    /// Gives the kernel's log of the boot.
    auto run(launch with) -> result<std::string> {
        auto session =
            session::begin(loop_, std::move(with), [this](session_event const& event) { on(event); });
        if (!session) return tl::unexpected{session.error()};
        session_ = std::move(*session);
        session_->tell(wire::rest{}); // it is there when init begins to listen
        timer_.expires_after(budgets_.boot);
        timer_.async_wait([this](auto cancelled) {
            if (!cancelled) give_up("the guest did not come to rest in time");
        });
        while (!gone_ && loop_.run_one() > 0) {
        }
        timer_.cancel();
        if (!why_.empty()) return unavailable("{}", why_);
        splat_scanner scanner;
        for (auto const& events : {scanner.feed(log_), scanner.flush()})
            if (!events.empty()) return unavailable("the kernel reported something while it booted");
        return std::move(log_);
    }

private:
    void on(session_event const& event) {
        if (auto const* said = std::get_if<wire::from_guest>(&event)) hear(*said);
        if (auto const* moved = std::get_if<state_moved>(&event)) {
            saved_ = moved->whole;
            if (!saved_) why_ = "QEMU could not save it";
            session_->kill();
        }
        if (auto const* full = std::get_if<host_disk_full>(&event))
            give_up(fmt::format("the host's disk is full ({})", full->disk));
        if (auto const* gone = std::get_if<machine_gone>(&event)) {
            gone_ = true;
            if (why_.empty() && !saved_) why_ = "QEMU ended" + complaint_line(*gone);
        }
    }

    void hear(wire::from_guest const& said) {
        if (auto const* records = std::get_if<wire::kernel_log>(&said)) log_ += records->records;
        if (auto const* trouble = std::get_if<wire::trouble>(&said)) give_up("init: " + trouble->what);
        if (auto const* resting = std::get_if<wire::resting>(&said)) {
            if (resting->lockdep_died != 0 || (resting->tainted & report_taints) != 0)
                return give_up("the kernel reported something while it booted");
            session_->save(state_);
        }
    }

    void give_up(std::string why) {
        if (why_.empty()) why_ = std::move(why);
        session_->kill();
    }

    boost::asio::io_context loop_{1};
    timeouts budgets_;
    descriptor const& state_;
    boost::asio::steady_timer timer_;
    std::unique_ptr<session> session_;
    std::string log_, why_;
    bool saved_ = false;
    bool gone_ = false;
};

} // namespace detail

/// The size of each scratch disk while a template is made; whoever starts from it is told his own.
constexpr bytes template_scratch_size{std::uint64_t{1} << 30U};

/// `6.1.0-56-cloud-amd64, 256M, 2 CPUs, 1 scratch disk`
inline auto describe_guest(machine_request const& wanted) -> std::string {
    auto const disks = wanted.scratch.size();
    return fmt::format("{}, {}, {} CPU{}{}", wanted.kernel.release, to_string(wanted.memory), wanted.cpus,
                       wanted.cpus == 1 ? "" : "s",
                       disks == 0 ? "" : fmt::format(", {} scratch disk{}", disks, disks == 1 ? "" : "s"));
}

/// Boots a machine in a slot, lets it rest, and saves it at `place`; the slot is free for another VM then.
inline auto make_template(machine_request wanted, slot const& in, std::filesystem::path const& scratch,
                          std::filesystem::path const& place, descriptor payload) -> result<void> {
    auto const root_size = bytes{std::filesystem::file_size(wanted.root_image)};
    wanted.scratch.assign(wanted.scratch.size(), template_scratch_size);
    auto files = template_files::open(place, wanted.memory, root_size);
    if (!files) return tl::unexpected{files.error()};
    auto const again = [](int number) { return descriptor{::fcntl(number, F_DUPFD_CLOEXEC, 3)}; };
    guest_start begin{.how = guest_start::kind::to_be_saved,
                      .memory = again(files->live_memory.get()),
                      .root_writes = again(files->root_writes.number())};
    auto start = open_machine<x86_64>(wanted, in, scratch, std::move(payload), std::move(begin));
    if (!start) return tl::unexpected{start.error()};
    auto const state = again(files->state.number());
    detail::template_maker maker{timeouts_for(wanted.acceleration, {}), state};
    return maker.run(std::move(*start)).and_then([&](std::string const& log) {
        return files->finish(place, log, describe_guest(wanted));
    });
}

} // namespace ktest
