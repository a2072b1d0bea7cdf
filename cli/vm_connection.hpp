#pragma once

#include <ktest/child_process.hpp>
#include <ktest/paths.hpp>
#include <ktest/raw_terminal.hpp>
#include <ktest/readable.hpp>
#include <ktest/slot/vm_link.hpp>

#include <array>
#include <string>
#include <vector>

#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/un.h>

namespace ktest::cli {

/// Waits until a VM's guest lets in who has the key: its owner then puts the guest's host key into its
/// directory. An error: the VM ends before, or the time does.
inline auto wait_for_sshd(paths const& where, running_vm const& vm, std::chrono::seconds limit)
    -> result<void> {
    auto const file = vm_directory(where, vm.slot) / "known_hosts";
    descriptor const events{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    ::inotify_add_watch(events.get(), file.parent_path().c_str(), IN_MOVED_TO | IN_DELETE_SELF);
    descriptor const owner{static_cast<int>(::syscall(SYS_pidfd_open, vm.owner, 0))};
    auto const until = deadline::clock::now() + limit;
    std::error_code failed;
    while (!std::filesystem::exists(file, failed)) {
        std::array<char, 4096> block{};
        if (!owner || wait_readable({owner.get(), -1}, deadline::clock::now()))
            return unavailable("the VM in slot {} has ended", vm.slot.name());
        if (!wait_readable({events.get(), owner.get()}, until)
            || !std::filesystem::exists(file.parent_path(), failed))
            return unavailable("the guest's sshd did not come up (has the image openssh-server?)");
        while (::read(events.get(), block.data(), block.size()) > 0) {
        }
    }
    return {};
}

/// ssh's command line for root in the VM.
inline auto ssh_command(paths const& where, slot_number number, std::vector<std::string> const& words)
    -> std::vector<std::string> {
    auto const known_hosts = vm_directory(where, number) / "known_hosts";
    // None of the user's own settings: what is lent to other hosts, an agent or a display, is not lent to a
    // guest.
    std::vector<std::string> arguments{"ssh",
                                       "-q",
                                       "-F",
                                       "none",
                                       "-i",
                                       where.ssh_key().string(),
                                       "-p",
                                       std::to_string(number.ssh_port()),
                                       "-o",
                                       "IdentitiesOnly=yes",
                                       "-o",
                                       fmt::format("UserKnownHostsFile=\"{}\"", known_hosts.string()),
                                       "-o",
                                       "HostKeyAlias=ktest-guest",
                                       "-o",
                                       "StrictHostKeyChecking=yes",
                                       "root@127.0.0.1"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    return arguments;
}

/// Becomes ssh, as root in the VM; returns only with an error.
inline auto become_ssh(paths const& where, running_vm const& vm, std::vector<std::string> const& words)
    -> error {
    if (auto up = wait_for_sshd(where, vm, std::chrono::seconds{60}); !up) return up.error();
    auto const arguments = ssh_command(where, vm.slot, words);
    auto const pointers = detail::pointers(arguments);
    ::execvp("ssh", pointers.data());
    return system_failure(errno, "ssh (apt-get install openssh-client)").value();
}

inline auto connect_to(std::filesystem::path const& path) -> result<descriptor> {
    descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.string().size() >= sizeof address.sun_path)
        return unavailable("{}: too long for a socket's path", path.string());
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        return system_failure(errno, "{}", path.string());
    return socket;
}

/// Has the monitor carry out one command, and waits until it has.
inline auto ask_monitor(std::filesystem::path const& path, std::string_view command) -> result<std::string> {
    return connect_to(path).and_then([&](descriptor const& socket) {
        return write_all(socket.get(), fmt::format("{}\n", command)).and_then([&] {
            ::shutdown(socket.get(), SHUT_WR);
            return read_all(socket.get());
        });
    });
}

/// Connects the terminal to a socket of the VM's directory until either side ends.
inline auto talk_to(std::filesystem::path const& path) -> result<void> {
    auto const connected = connect_to(path);
    if (!connected) return tl::unexpected{connected.error()};
    auto const& socket = *connected;
    raw_terminal const raw;
    std::array<char, 1U << 16U> block{};
    std::array waited{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{socket.get(), POLLIN, 0}};
    for (;;) {
        if (::poll(waited.data(), waited.size(), -1) < 0 && errno != EINTR)
            return system_failure(errno, "poll");
        if (waited[1].revents != 0) {
            auto const got = ::read(socket.get(), block.data(), block.size());
            if (got <= 0) return {};
            if (auto told = write_all(STDOUT_FILENO, {block.data(), static_cast<std::size_t>(got)}); !told)
                return told;
        }
        if (waited[0].revents != 0) {
            auto const got = ::read(STDIN_FILENO, block.data(), block.size());
            auto const text = std::string_view{block.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
            if (::isatty(STDIN_FILENO) != 0 && text.find(raw_terminal::escape) != std::string_view::npos)
                return {};
            if (auto told = write_all(socket.get(), text); !told) return told;
            if (text.empty()) { // what was asked is still to be answered
                ::shutdown(socket.get(), SHUT_WR);
                waited[0].fd = -1;
            }
        }
    }
}

} // namespace ktest::cli
