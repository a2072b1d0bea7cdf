#pragma once

#include <ktest/file.hpp>
#include <ktest/slot/slot_backing.hpp>

#include <algorithm>
#include <string>

namespace ktest {

/// A stanza a slot for ISC dhcpd, for VMs on a vde network (dhcpd.conf(5)).
inline auto dhcp_hosts() -> std::string {
    std::string text;
    for (auto const number : slot_number::all())
        text += fmt::format("host vm{} {{ hardware ethernet {}; fixed-address {}; }}\n", number.name(),
                            number.mac(), number.vde_address());
    return text;
}

namespace detail {

/// A lock file that anybody can lock and only its owner could replace. One that is there stays the same file,
/// for a VM may hold it.
inline auto make_machine_lock(std::filesystem::path const& path) -> result<void> {
    descriptor const file{
        ::open(path.c_str(), O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0444)};
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) return system_failure(errno, "{}", path.string());
    if (!S_ISREG(status.st_mode)) return unavailable("{}: not a file: remove it", path.string());
    if (::fchown(file.get(), ::geteuid(), ::getegid()) != 0 || ::fchmod(file.get(), 0444) != 0)
        return system_failure(errno, "{}", path.string());
    return {};
}

} // namespace detail

/// Makes the machine's slots, and `Vm.dhcp` beside them, owned by the caller (root). What is there is kept.
inline auto make_machine_pool(std::filesystem::path const& directory) -> result<void> {
    if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
        return system_failure(errno, "{}", directory.string());
    struct stat status {};
    if (::lstat(directory.c_str(), &status) != 0) return system_failure(errno, "{}", directory.string());
    if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 0022) != 0)
        return unavailable("{}: others could replace its files: chown root it and chmod 0755 it",
                           directory.string());
    ::chmod(directory.c_str(), 0755); // whatever the umask was
    auto numbers = slot_number::all();
    std::reverse(numbers.begin(), numbers.end()); // 00.lock last: with it the pool is there, whole
    for (auto const number : numbers)
        if (auto made = detail::make_machine_lock(directory / lock_name(number)); !made) return made;
    auto const hosts = directory / "Vm.dhcp";
    return write_file(hosts, dhcp_hosts()).and_then([&]() -> result<void> {
        if (::chmod(hosts.c_str(), 0644) != 0) return system_failure(errno, "{}", hosts.string());
        return {};
    });
}

} // namespace ktest
