#include "udevd.hpp"

#include "process.hpp"
#include "text_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace ktest::init {

auto start_udevd() -> pid_t {
    for (auto const* path : {"/usr/lib/systemd/systemd-udevd", "/lib/systemd/systemd-udevd", "/sbin/udevd"}) {
        if (::access(path, X_OK) != 0) continue;
        // A card that has its address already must keep its name.
        ::mkdir("/run/udev", 0755);
        ::mkdir("/run/udev/rules.d", 0755);
        (void)!::symlink("/dev/null", "/run/udev/rules.d/80-net-setup-link.rules");
        return start({.arguments = {path, "--daemon"}, .environment = base_environment()});
    }
    return -1;
}

void announce_devices() {
    for (auto const* directory : {"/sys/class/block/", "/sys/class/net/"})
        for (auto const& name : names_in(directory)) write_switch(directory + name + "/uevent", "add");
}

} // namespace ktest::init
