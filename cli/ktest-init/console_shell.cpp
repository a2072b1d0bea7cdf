#include "console_shell.hpp"

#include "process.hpp"
#include "text_file.hpp"
#include <ktest/descriptor.hpp>

namespace ktest::init {

auto open_console() -> descriptor {
    // The console itself cannot be anybody's controlling terminal; the last of those behind it can.
    auto const active = read_text("/sys/class/tty/console/active");
    return descriptor{::open(("/dev/" + active.substr(active.rfind(' ') + 1)).c_str(),
                             O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
}

void start_console_shell(descriptor const& terminal) {
    if ((' ' + read_text("/proc/cmdline") + ' ').find(" ktest.shell ") == std::string::npos) return;
    ::fcntl(terminal.get(), F_SETFL, 0); // a shell waits for what is typed
    program shell{.arguments = {"sh", "-c", "bash -l; sync; echo o > /proc/sysrq-trigger"},
                  .environment = base_environment(),
                  .input = terminal.get(),
                  .output = terminal.get(),
                  .error = terminal.get(),
                  .terminal = true};
    shell.environment.emplace_back("TERM=vt100");
    start(shell);
}

} // namespace ktest::init
