#pragma once

#include <ktest/run/machine_request.hpp>
#include <ktest/shell_quote.hpp>
#include <ktest/slot/slot.hpp>
#include <ktest/vm/qemu_command.hpp>

#include <string>

namespace ktest {

/// The same machine with names in place of descriptors: its files and sockets lie in the current directory,
/// its console is the terminal, and init gives that a shell, for nobody tells it what to run.
inline auto named_machine(machine_request wanted, slot_number number) -> vm_config {
    machine_ends ends{.root = std::filesystem::absolute(wanted.root_image),
                      .overlay = std::filesystem::path{"root.qcow2"},
                      .qmp = std::filesystem::path{"qmp"},
                      .agent = std::filesystem::path{"agent"},
                      .output = std::filesystem::path{"output"},
                      .console = standard_streams{},
                      .monitor = "mon",
                      .kgdb = "kgdb",
                      .ssh_port = number.ssh_port(),
                      .mac = number.mac()};
    for (std::size_t i = 0; i < wanted.scratch.size(); ++i)
        ends.scratch.emplace_back(std::filesystem::path{fmt::format("scratch{}", i)});
    if (wanted.modules_image) ends.modules = std::filesystem::absolute(*wanted.modules_image);
    wanted.append.emplace_back("ktest.shell");
    return describe_machine<x86_64>(wanted, ends);
}

/// A shell script that starts the machine by hand, with disks of its own in a directory that goes with it.
inline auto qemu_script(machine_request const& wanted, slot_number number) -> std::string {
    std::string text = "#!/bin/sh\n"
                       "# Starts the VM of this run by hand, with a shell on its console; its end is the "
                       "VM's, and so is Ctrl-C.\n"
                       "set -e\n"
                       "umask 077\n"
                       "directory=$(mktemp -d)\n"
                       "trap 'rm -rf \"$directory\"' EXIT\n"
                       "trap 'exit 130' INT TERM HUP\n"
                       "cd \"$directory\"\n";
    for (std::size_t i = 0; i < wanted.scratch.size(); ++i)
        text += fmt::format("truncate -s {} scratch{}\n", wanted.scratch[i].count, i);
    text += fmt::format("qemu-img create -q -f qcow2 root.qcow2 $(stat -L -c %s {})\n",
                        shell_quote(std::filesystem::absolute(wanted.root_image).string()));
    for (auto const& word : qemu_command<x86_64>(named_machine(wanted, number)))
        text += (word.starts_with('-') ? "\\\n    " : " ") + shell_quote(word);
    return text + '\n';
}

} // namespace ktest
