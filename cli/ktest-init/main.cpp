// The guest's init: PID 1 of every machine that ktest starts, out of an initramfs of its own. It must never
// end, whatever happens: the kernel would panic. Under other names it is the commands of node_command.hpp.

#include "beside.hpp"
#include "console_shell.hpp"
#include "guest.hpp"
#include "modules.hpp"
#include "mounts.hpp"
#include "network.hpp"
#include "node_command.hpp"

#include <csignal>
#include <cstdio>

#include <sys/stat.h>
#include <sys/wait.h>

namespace {

using namespace ktest::init;

auto set_up(device_events& events, problem wrong) -> problem {
    if (!wrong) wrong = switch_to_root(events);
    if (!wrong) wrong = mount_tree();
    if (wrong) return wrong;
    ::mkdir("/run/ktest", 0755);
    write_resolver();
    return {};
}

/// Nobody hears us but the console.
[[noreturn]] void despair(std::string const& why) {
    if (auto* const console = std::fopen("/dev/console", "w")) {
        std::fprintf(console, "ktest-init: %s\n", why.c_str());
        std::fflush(console);
    }
    for (;;)
        if (::wait(nullptr) < 0) ::pause();
}

} // namespace

auto main(int count, char** arguments) -> int {
    if (auto const status = run_node_command({arguments, arguments + count})) return *status;
    if (::getpid() != 1) {
        std::fputs(
            "ktest-init is the first process of a machine that ktest starts; there is no other use for it\n",
            stderr);
        return 2;
    }
    ::signal(SIGPIPE, SIG_IGN);
    ::umask(0022);
    auto wrong = mount_kernel_filesystems();
    // A kernel that found no console has given us no standard streams: nothing else must get their numbers.
    while (::open("/dev/null", O_RDWR | O_CLOEXEC) < 2) continue;
    device_events events;
    beside drivers{[modules = initramfs_modules{}] {
        auto refused = modules.load();
        bring_up_network();
        return refused;
    }};
    agent host{events};
    if (!host) {
        if (auto refused = drivers.join()) despair(*refused);
        despair(wrong.value_or("there is no virtio-serial port named `ktest.agent`"));
    }
    wrong = set_up(events, std::move(wrong));
    beside modules{[&] { return wrong ? problem{} : mount_modules(); }};
    auto const console = open_console();
    if (!wrong) start_console_shell(console);
    guest all{std::move(host)};
    all.serve([&] {
        for (auto* const work : {&drivers, &modules})
            if (auto failed = work->join(); failed && !wrong) wrong = std::move(failed);
        return wrong;
    });
}
