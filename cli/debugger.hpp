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

/// Asks the guest to set kgdb up and to tell where its modules lie; an error: it does not answer, or has no
/// kgdb.
inline auto ready_for_kgdb(paths const& where, slot_number slot) -> result<std::string> {
    constexpr auto script = "echo ttyS1,115200 >/sys/module/kgdboc/parameters/kgdboc || exit 3\n"
                            "cd /sys/module && for m in */sections/.text; do\n"
                            "echo ${m%%/*} $(cat $m); done 2>/dev/null; exit 0";
    auto const asked = ssh_command(where, slot, {script});
    auto const told = capture({.arguments = asked}, {.time = std::chrono::seconds{30}});
    if (!told) return tl::unexpected{told.error()};
    constexpr auto no_kgdb = 3;
    if (WIFEXITED(told->status) && WEXITSTATUS(told->status) == no_kgdb)
        return unavailable("this kernel has no kgdb (CONFIG_KGDB_SERIAL_CONSOLE)");
    if (!told->succeeded()) return unavailable("the guest does not answer");
    return told->out;
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
    std::vector<std::string> arguments{"gdb", "-q", "-iex", "set confirm off", "-iex", "set pagination off"};
    auto const add = [&](std::string text) { arguments.insert(arguments.end(), {"-ex", std::move(text)}); };
    if (!symbols.vmlinux.empty()) {
        add(symbols.shift == 0 ? fmt::format("symbol-file {}", shell_quote(symbols.vmlinux.string()))
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

    auto lock = open_file(debugger_lock(directory), O_RDWR | O_CREAT);
    if (!lock) return lock.error();
    if (::flock(lock->get(), LOCK_EX | LOCK_NB) != 0)
        return unavailable("another debugger has this VM").value();
    ::fcntl(lock->get(), F_SETFD, 0);

    auto const modules = ready_for_kgdb(where, vm.slot);
    if (modules) symbols.modules = find_module_symbols(symbols.vmlinux, *modules);
    if (!modules && !use_stub) {
        tell("{}: QEMU's stub serves", modules.error().message);
        use_stub = true;
    }
    auto socket = directory / "kgdb";
    if (use_stub) {
        socket = directory / "gdb";
        auto const asked = ask_monitor(directory / "mon",
                                       fmt::format("gdbserver unix:{},server=on,wait=off", socket.string()));
        if (!asked) return asked.error();
    } else {
        auto const stopped =
            start({.arguments = ssh_command(where, vm.slot, {"echo g >/proc/sysrq-trigger"})});
        if (!stopped) return stopped.error();
    }
    auto const arguments = gdb_arguments(symbols, socket, words);
    auto const pointers = detail::pointers(arguments);
    ::execvp("gdb", pointers.data());
    return system_failure(errno, "gdb").value();
}

} // namespace ktest::cli
