// In the place of the guest's init: comes up as it does, then does not do as it should, in the way that the
// kernel's command line says: `hostile=WAY`.

#include "../../cli/ktest-init/agent.hpp"
#include "../../cli/ktest-init/modules.hpp"
#include "../../cli/ktest-init/mounts.hpp"
#include "../../cli/ktest-init/text_file.hpp"

#include <unistd.h>

namespace {

using namespace ktest;

auto way() -> std::string {
    auto const words = init::read_text("/proc/cmdline") + ' ';
    constexpr std::string_view name = " hostile=";
    auto const at = words.find(name) + name.size();
    return words.substr(at, words.find(' ', at) - at);
}

auto wait_for_run(init::agent& host) -> wire::run {
    for (;;) {
        auto const message = host.next();
        if (auto const* run = message ? std::get_if<wire::run>(&*message) : nullptr) return *run;
        ::usleep(1000);
    }
}

/// All that a run needs to pass, but for the nonce at its end.
void forget_nonce(init::agent& host) {
    host.send(wire::ready{});
    host.send(wire::started{wait_for_run(host).nonce});
    {
        descriptor const output{::open(init::port_named(wire::output_port)->c_str(), O_WRONLY)};
        (void)!::write(output.get(), "TEST SUCCESS\n", 13);
    }
    host.send(wire::ended{"another", 0});
    host.send(wire::finished{"another"});
}

} // namespace

auto main() -> int {
    (void)init::mount_kernel_filesystems();
    init::device_events events;
    (void)init::initramfs_modules{}.load();
    {
        init::agent host{events};
        if (way() == "exits") return 0;
        if (way() == "long") host.send(wire::trouble{std::string(wire::frame_limit, 'x')});
        if (way() == "nonce") {
            forget_nonce(host);
            for (;;) ::pause();
        }
        if (way() == "leaves") host.send(wire::ready{});
        if (way() == "blocks" && ::vfork() == 0) // who forks so waits in the kernel
            for (;;) ::pause();
        if (way() == "silent")
            for (;;) ::pause();
    }
    for (;;) ::pause();
}
