#pragma once

// The guest runs in a child, because a KVM_RUN that went wrong need not come back.

#include <ktest/child_process.hpp>
#include <ktest/readable.hpp>
#include <ktest/vm/kvm_guest.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include <grp.h>
#include <sys/stat.h>
#include <sys/time.h>

namespace ktest {

/// What a KVM that could be opened is good for.
struct kvm_answer {
    enum class kind {
        works,
        broken, ///< it did not run 64-bit code: the machine's nature until its next boot
        failed, ///< it made no virtual machine, which may pass (EBUSY: another hypervisor has the processor)
    } what{};
    std::string why; ///< where it failed
    friend auto operator==(kvm_answer const&, kvm_answer const&) -> bool = default;
};

struct kvm_probe_limits {
    std::chrono::milliseconds processor{200}; ///< a good host needs ten, most of them for the set-up
    std::chrono::milliseconds wall{2000};     ///< longer, so that a busy host is not taken for a broken one
};

namespace detail {

/// The child holds nothing else of the parent's, and its own use of the processor ends it.
[[noreturn]] inline void probe_kvm_in_child(int device, int tell, std::chrono::milliseconds limit) {
    auto const above = ::fcntl(tell, F_DUPFD, 2);
    ::dup2(device, 0);
    ::dup2(above, 1);
    ::syscall(SYS_close_range, 2U, ~0U, 0U);
    ::signal(SIGPROF, SIG_DFL);
    itimerval timer{};
    timer.it_value.tv_sec = limit.count() / 1000;
    timer.it_value.tv_usec = limit.count() % 1000 * 1000;
    ::setitimer(ITIMER_PROF, &timer, nullptr);
    auto const report = run_kvm_guest(0);
    (void)!::write(1, &report, sizeof report);
    ::_exit(0);
}

inline auto kvm_answer_from(kvm_report report) -> kvm_answer {
    using stage = kvm_report::stage;
    auto const failed = [&](char const* what) {
        return kvm_answer{kvm_answer::kind::failed,
                          fmt::format("/dev/kvm: {}: {}", what, std::strerror(report.number))};
    };
    switch (report.reached) {
    case stage::answered: return {kvm_answer::kind::works, {}};
    case stage::create_vm: return failed("KVM_CREATE_VM");
    case stage::memory: return failed("KVM_SET_USER_MEMORY_REGION");
    case stage::create_vcpu: return failed("KVM_CREATE_VCPU");
    case stage::registers: return failed("KVM_SET_SREGS");
    case stage::run: return failed("KVM_RUN");
    case stage::wrong_exit: break;
    }
    return {kvm_answer::kind::broken, {}};
}

/// What a user can do about a device that cannot be opened.
inline auto kvm_advice(char const* device, int number) -> std::string {
    if (number == ENOENT) return "load kvm_intel or kvm_amd, or enable virtualization in the firmware";
    if (number == ENODEV || number == ENXIO)
        return "enable virtualization in the firmware, or nesting on the host below";
    if (number != EACCES && number != EPERM) return "see dmesg | grep -i kvm";
    struct stat status {};
    auto const* const group = ::stat(device, &status) == 0 ? ::getgrgid(status.st_gid) : nullptr;
    if (group == nullptr || status.st_gid == 0 || (status.st_mode & 0060) != 0060)
        return "as root, chgrp kvm and chmod 0660 it; then join group kvm";
    return fmt::format("join group {} (sudo usermod -aG {} $USER, then log in again)", group->gr_name,
                       group->gr_name);
}

} // namespace detail

/// Has KVM run 64-bit code in a child. Ends after the limits at the latest, whatever the child is stuck in.
inline auto probe_kvm(descriptor const& device, kvm_probe_limits limits = {}) -> kvm_answer {
    auto const failed = [](std::string_view what) {
        return kvm_answer{kvm_answer::kind::failed, fmt::format("/dev/kvm: {}", what)};
    };
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return failed(std::strerror(errno));
    descriptor const told{pipe[0]};
    descriptor tell{pipe[1]};
    auto const parent = ::getpid();
    auto const pid = ::fork();
    if (pid < 0) return failed(std::strerror(errno));
    if (pid == 0) {
        detail::settle_child(parent, SIGKILL);
        detail::probe_kvm_in_child(device.get(), tell.get(), limits.processor);
    }
    child_process child{pid};
    ::setpgid(pid, pid);
    tell.close();

    if (!wait_readable({told.get(), -1}, deadline::clock::now() + limits.wall)) {
        child.signal(SIGKILL);
        descriptor const ended{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
        if (!wait_readable({ended.get(), -1}, deadline::clock::now() + limits.processor)) child.release();
        return failed("no answer in time");
    }
    detail::kvm_report report;
    auto const got = ::read(told.get(), &report, sizeof report);
    if (got == static_cast<ssize_t>(sizeof report)) return detail::kvm_answer_from(report);
    auto const status = child.wait();
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF) return {kvm_answer::kind::broken, {}};
    return failed("the process that probed it was ended");
}

/// This host's KVM.
struct host_kvm {
    std::filesystem::path device = "/dev/kvm";

    /// An error says what to do about it.
    auto open() const -> result<descriptor> {
#ifndef __x86_64__
        return unavailable("{}: this host's processor is not an x86-64, the guest's is", device.string());
#endif
        descriptor opened{::open(device.c_str(), O_RDWR | O_CLOEXEC)};
        if (opened) return opened;
        auto const number = errno;
        std::string reason = std::strerror(number);
        reason[0] = static_cast<char>(reason[0] | 0x20); // in the middle of a line
        return unavailable("{}: {}: {}", device.string(), reason, detail::kvm_advice(device.c_str(), number));
    }
    auto run(descriptor const& opened) const -> kvm_answer { return probe_kvm(opened); }
};

} // namespace ktest
