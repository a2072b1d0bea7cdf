#include "udevd.hpp"

#include "process.hpp"
#include "text_file.hpp"
#include <ktest/descriptor.hpp>

#include <algorithm>
#include <array>
#include <tuple>

#include <poll.h>
#include <sys/inotify.h>
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

auto announce_devices() -> std::vector<std::string> {
    std::vector<std::string> notes;
    for (auto const& [directory, initial, number] :
         {std::tuple{"/sys/class/block/", 'b', "/dev"}, std::tuple{"/sys/class/net/", 'n', "/ifindex"}})
        for (auto const& name : names_in(directory)) {
            auto const device = directory + name;
            if (write_switch(device + "/uevent", "add"))
                notes.push_back(std::string{"/run/udev/data/"} + initial + read_text(device + number));
        }
    return notes;
}

auto await_udevd(std::vector<std::string> notes) -> pid_t {
    auto const pid = ::fork();
    if (pid != 0) return pid;
    // udevd keeps the file `queue` as long as it has something to do, and writes a note before it is done.
    constexpr auto directory = "/run/udev";
    constexpr auto queue = "/run/udev/queue";
    descriptor const changes{::inotify_init1(IN_CLOEXEC)};
    ::inotify_add_watch(changes.get(), directory, IN_DELETE);
    auto const there = [](std::string const& file) { return ::access(file.c_str(), F_OK) == 0; };
    while (!std::all_of(notes.begin(), notes.end(), there) || there(queue)) {
        // A template of a guest whose udevd is slow, or another udevd than we know, is a template, too.
        constexpr auto patience = 30'000;
        std::array<char, 4096> news{};
        pollfd ready{changes.get(), POLLIN, 0};
        if (::poll(&ready, 1, patience) <= 0 || ::read(changes.get(), news.data(), news.size()) <= 0) break;
    }
    ::_exit(0);
}

} // namespace ktest::init
