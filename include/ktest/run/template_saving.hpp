#pragma once

#include <ktest/run/event.hpp>
#include <ktest/run/open_machine.hpp>
#include <ktest/run/splat_scanner.hpp>
#include <ktest/run/template_files.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace ktest {

namespace detail {

/// Taints that a report of the kernel leaves behind: bad page, oops, warning, soft lockup
/// (the kernel's Documentation/admin-guide/tainted-kernels.rst).
constexpr std::uint64_t report_taints = 1U << 5U | 1U << 7U | 1U << 9U | 1U << 14U;

/// `6.1.0-56-cloud-amd64, 256M, 2 CPUs, 1 scratch disk`
inline auto describe_guest(machine_request const& wanted) -> std::string {
    auto const disks = wanted.scratch.size();
    return fmt::format("{}, {}, {} CPU{}{}", wanted.kernel.release, to_string(wanted.memory), wanted.cpus,
                       wanted.cpus == 1 ? "" : "s",
                       disks == 0 ? "" : fmt::format(", {} scratch disk{}", disks, disks == 1 ? "" : "s"));
}

} // namespace detail

/// A guest that boots, rests, is saved as a template, and goes on as the run's own: that costs less than to
/// restore it. What it has seen by then is nobody's: blank scratch disks of one size, a blank payload.
class template_saving {
public:
    using clock = std::chrono::steady_clock;

    /// `lock`: the right to make it. `payload`: the run's own, which is taken if all goes well; disks go to
    /// `scratch`.
    static auto open(machine_request const& wanted, std::filesystem::path const& place, descriptor lock,
                     descriptor& payload, std::filesystem::path const& scratch) -> result<template_saving> {
        auto const root_size = bytes{std::filesystem::file_size(wanted.root_image)};
        auto files = template_files::open(place, scratch, wanted.memory, root_size);
        if (!files) return tl::unexpected{files.error()};
        descriptor blank;
        if (payload) {
            auto opened = detail::open_blank(scratch, payload_disk_size);
            if (!opened) return tl::unexpected{opened.error()};
            blank = std::move(*opened);
        }
        return template_saving{wanted,          place, std::move(lock), std::move(*files), std::move(payload),
                               std::move(blank)};
    }

    /// What the guest begins with.
    auto start() const -> result<guest_start> {
        guest_start begin{.how = guest_start::kind::to_be_saved,
                          .memory = again(files_->live_memory.get()),
                          .root_writes = again(files_->live_root.get())};
        if (!payload_) return begin;
        return reopen(blank_, O_RDONLY).map([&](descriptor reading) {
            begin.payload = std::move(reading);
            return std::move(begin);
        });
    }
    /// Where the state of its devices goes.
    auto state() const -> descriptor { return again(files_->state.number()); }

    /// Everything that init says before it is saved.
    void hear(wire::from_guest const& said) {
        if (auto const* records = std::get_if<wire::kernel_log>(&said)) log_ += records->records;
    }
    /// Whether a guest may be a template: its kernel has reported nothing.
    auto is_fit(wire::resting const& resting) const -> bool {
        if (resting.lockdep_died != 0 || (resting.tainted & detail::report_taints) != 0) return false;
        splat_scanner scanner;
        return scanner.feed(log_).empty() && scanner.flush().empty();
    }

    /// It stands still, and its state is saved: now it is a template.
    auto finish() -> result<void> {
        return files_->finish(place_, log_, what_).map([this] { saved_ = clock::now(); });
    }
    /// How long it has been a template; none: it is none.
    auto age() const -> std::optional<std::chrono::seconds> {
        if (!saved_) return std::nullopt;
        return std::chrono::duration_cast<std::chrono::seconds>(clock::now() - *saved_);
    }
    /// Gives the guest the run's payload; what was not finished is given up.
    auto hand_over() -> result<void> {
        files_.reset();
        lock_.close();
        return payload_ ? copy_data(payload_.get(), blank_.get(), "/cdrom") : result<void>{};
    }

private:
    template_saving(machine_request const& wanted, std::filesystem::path place, descriptor lock,
                    template_files files, descriptor payload, descriptor blank)
        : place_{std::move(place)},
          what_{detail::describe_guest(wanted)},
          lock_{std::move(lock)},
          files_{std::move(files)},
          payload_{std::move(payload)},
          blank_{std::move(blank)} {}

    static auto again(int file) -> descriptor { return descriptor{::fcntl(file, F_DUPFD_CLOEXEC, 3)}; }

    std::filesystem::path place_;
    std::string what_;
    descriptor lock_;
    std::optional<template_files> files_; ///< until the guest is the run's own
    descriptor payload_, blank_;
    std::optional<clock::time_point> saved_;
    std::string log_; ///< the kernel's
};

} // namespace ktest
