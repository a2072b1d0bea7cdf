#pragma once

#include "report_error.hpp"
#include "vm_connection.hpp"
#include "vm_presence.hpp"
#include <ktest/capture.hpp>
#include <ktest/kernel/modules.hpp>
#include <ktest/program.hpp>
#include <ktest/shell_quote.hpp>
#include <ktest/vm/linked_address.hpp>

#include <charconv>
#include <string>
#include <vector>

namespace ktest::cli {

/// What gdb is told of a kernel before it meets it.
struct kernel_symbols {
    std::filesystem::path vmlinux;                                      ///< empty: there is none
    std::uint64_t shift = 0;                                            ///< how far KASLR moved it
    std::vector<std::pair<std::filesystem::path, std::string>> modules; ///< with their addresses
};

/// A guest that is ready to be debugged: where its modules lie, and the ssh by which it is asked to stop.
struct ready_guest {
    std::string modules; ///< lines `NAME ADDRESS`
    child_process ssh;
    descriptor go; ///< a line written there stops it in kgdb
};

/// Asks the guest where its modules lie and, for kgdb, to get ready to stop on its second serial port: not at
/// once, for a kernel that stands still sends no answers. An error: it does not answer, or has no kgdb.
inline auto ask_guest(paths const& where, running_vm const& vm, bool for_kgdb) -> result<ready_guest> {
    constexpr std::string_view last_word = "ready\n";
    std::string script = "cd /sys/module; for m in */sections/.text; do\n"
                         "[ ! -e $m ] || echo ${m%%/*} $(cat $m); done\n";
    if (for_kgdb) script += "echo ttyS1,115200 >kgdboc/parameters/kgdboc || exit 3\n";
    script += "echo ready\n";
    if (for_kgdb) script += "read go && echo g >/proc/sysrq-trigger\n";
    if (auto up = wait_for_sshd(where, vm, std::chrono::seconds{10}); !up) return tl::unexpected{up.error()};
    std::array<int, 2> answers{};
    std::array<int, 2> orders{};
    if (::pipe2(answers.data(), O_CLOEXEC) != 0) return system_failure(errno, "pipe");
    descriptor const told{answers[0]};
    descriptor theirs{answers[1]};
    if (::pipe2(orders.data(), O_CLOEXEC) != 0) return system_failure(errno, "pipe");
    descriptor const heard{orders[0]};
    descriptor go{orders[1]};
    auto ssh = start({.arguments = ssh_command(where, vm.slot, {std::move(script)}),
                      .descriptors = {{heard.get(), 0}, {theirs.get(), 1}}});
    if (!ssh) return tl::unexpected{ssh.error()};
    theirs.close();
    ready_guest guest{.ssh = std::move(*ssh), .go = std::move(go)};
    auto const until = deadline::clock::now() + std::chrono::seconds{30};
    while (!guest.modules.ends_with(last_word)) {
        std::array<char, 4096> block{};
        if (!wait_readable({told.get(), -1}, until)) return unavailable("the guest does not answer");
        auto const got = ::read(told.get(), block.data(), block.size());
        if (got > 0) guest.modules.append(block.data(), static_cast<std::size_t>(got));
        if (got > 0) continue;
        constexpr auto no_kgdb = 3;
        auto const status = guest.ssh.wait();
        if (WIFEXITED(status) && WEXITSTATUS(status) == no_kgdb)
            return unavailable("this kernel has no kgdb (CONFIG_KGDB_SERIAL_CONSOLE)");
        return unavailable("the guest does not answer");
    }
    guest.modules.resize(guest.modules.size() - last_word.size());
    return guest;
}

/// The modules of `listing`, lines `NAME ADDRESS`, that were built beside the vmlinux.
inline auto find_module_symbols(std::filesystem::path const& vmlinux, std::string_view listing) {
    std::vector<std::pair<std::filesystem::path, std::string>> found;
    auto const build = vmlinux.parent_path();
    auto const order = read_file(build / "modules.order").value_or("");
    detail::for_each_piece(listing, "\n", [&](std::string_view line) {
        auto const name = line.substr(0, line.find(' '));
        auto const address = line.substr(line.rfind(' ') + 1);
        detail::for_each_piece(order, "\n", [&](std::string_view path) {
            auto const stem = path.substr(0, path.rfind('.'));
            if (detail::module_name{}(stem.substr(stem.rfind('/') + 1), name))
                found.emplace_back(build / (std::string{stem} + ".ko"), address);
        });
    });
    return found;
}

/// gdb's arguments: the symbols where they lie, the connection, then the user's own.
inline auto gdb_arguments(kernel_symbols const& symbols, std::filesystem::path const& socket,
                          std::vector<std::string> const& words) -> std::vector<std::string> {
    std::vector<std::string> arguments{"gdb",  "-q",
                                       "-iex", "set confirm off",
                                       "-iex", "set pagination off",
                                       "-iex", "set auto-load python-scripts off"};
    auto const add = [&](std::string text) { arguments.insert(arguments.end(), {"-ex", std::move(text)}); };
    if (!symbols.vmlinux.empty()) {
        add(symbols.shift == 0 ? fmt::format("file {}", shell_quote(symbols.vmlinux.string()))
                               : fmt::format("symbol-file -o {:#x} {}", symbols.shift,
                                             shell_quote(symbols.vmlinux.string())));
        for (auto const& [file, address] : symbols.modules)
            add(fmt::format("add-symbol-file {} {}", shell_quote(file.string()), address));
    }
    add("set architecture i386:x86-64");
    add("target remote " + socket.string());
    std::error_code ignored;
    auto const scripts = symbols.vmlinux.parent_path() / "vmlinux-gdb.py";
    if (!symbols.vmlinux.empty() && std::filesystem::exists(scripts, ignored))
        add("source " + scripts.string());
    arguments.insert(arguments.end(), words.begin(), words.end());
    return arguments;
}

/// How far the running kernel lies from where it was linked; 0 where nobody knows.
inline auto kaslr_shift(std::filesystem::path const& directory, std::filesystem::path const& vmlinux)
    -> std::uint64_t {
    auto const text = read_file(directory / "kernel_text").value_or("");
    std::uint64_t address = 0;
    std::from_chars(text.data(), text.data() + text.size(), address, 16);
    auto const linked = linked_address(vmlinux);
    return address == 0 || !linked ? 0 : address - *linked;
}

/// Stops the VM's kernel and becomes gdb, with its symbols; returns only with an error. The lock that says so
/// stays open as long as gdb lives.
inline auto become_gdb(paths const& where, running_vm const& vm, bool use_stub,
                       std::vector<std::string> const& words) -> error {
    if (auto gdb = find_program("gdb", "gdb"); !gdb) return gdb.error();
    auto const directory = vm_directory(where, vm.slot);
    kernel_symbols symbols;
    if (vm.record) symbols.vmlinux = vm.record->symbols;
    if (symbols.vmlinux.empty())
        tell("no vmlinux is known for this kernel: gdb shows no symbols");
    else
        symbols.shift = kaslr_shift(directory, symbols.vmlinux);

    auto lock = open_file(debugger_lock(directory), O_RDWR | O_CREAT, 0600);
    if (!lock) return lock.error();
    if (::flock(lock->get(), LOCK_EX | LOCK_NB) != 0)
        return unavailable("another debugger has this VM").value();
    ::fcntl(lock->get(), F_SETFD, 0);

    auto guest = ask_guest(where, vm, !use_stub);
    if (guest && !symbols.vmlinux.empty())
        symbols.modules = find_module_symbols(symbols.vmlinux, guest->modules);
    auto socket = directory / "kgdb";
    if (!guest && !use_stub) tell("{}: QEMU's stub serves", guest.error().message);
    if (!guest || use_stub) {
        socket = directory / "gdb";
        auto const asked = ask_monitor(directory / "mon",
                                       fmt::format("gdbserver unix:{},server=on,wait=off", socket.string()));
        if (!asked) return asked.error();
    } else if (auto stopped = write_all(guest->go.get(), "go\n"); !stopped) {
        return stopped.error();
    }
    auto const arguments = gdb_arguments(symbols, socket, words);
    auto const pointers = detail::pointers(arguments);
    ::execvp("gdb", pointers.data());
    return system_failure(errno, "gdb").value();
}

} // namespace ktest::cli
