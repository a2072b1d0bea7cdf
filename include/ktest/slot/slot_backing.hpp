#pragma once

#include <ktest/file.hpp>
#include <ktest/paths.hpp>
#include <ktest/slot/slot.hpp>

#include <concepts>
#include <cstdint>
#include <optional>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace ktest {

/// Where a pool's lock files are. Asking for a port is the backing's too, so that a test can do without
/// ports.
template<class Backing>
concept slot_backing = requires(Backing const& backing, slot_number number) {
    { backing.directory() } -> std::convertible_to<std::filesystem::path>;
    { backing.open(number) } -> std::same_as<result<descriptor>>;
    { backing.port_is_free(number) } -> std::same_as<bool>;
};

/// The lock file's name in the pool's directory.
inline auto lock_name(slot_number number) -> std::string { return number.name() + ".lock"; }

/// Whether QEMU could bind the slot's ssh port now. Ask only with the slot's lock held: then nobody else
/// asks.
inline auto ssh_port_is_free(slot_number number) -> bool {
    descriptor const probe{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    auto const yes = 1; // as QEMU does, so that a connection which lingers in TIME_WAIT is no hindrance
    ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(number.ssh_port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0
           && ::listen(probe.get(), 1) == 0; // one who only bound it shows himself here
}

/// The machine's slots: made by root (`vm-start genips`), locked by anybody, written by nobody.
class machine_slots {
public:
    /// Where the machine has them.
    static auto find(std::filesystem::path directory = "/etc/vms") -> std::optional<machine_slots> {
        if (::access((directory / "00.lock").c_str(), F_OK) != 0) return std::nullopt;
        return machine_slots{std::move(directory)};
    }
    auto directory() const -> std::filesystem::path const& { return directory_; }
    auto open(slot_number number) const -> result<descriptor> {
        return open_file(directory_ / lock_name(number), O_RDONLY | O_NOFOLLOW);
    }
    auto port_is_free(slot_number number) const -> bool { return ssh_port_is_free(number); }

private:
    explicit machine_slots(std::filesystem::path directory) : directory_{std::move(directory)} {}
    std::filesystem::path directory_;
};

/// A user's own slots, made as they are needed: for hosts where nobody made the machine's.
class user_slots {
public:
    static auto make(paths const& where) -> result<user_slots> {
        return private_directory(where.runtime / "slots").map([](auto const& made) {
            return user_slots{made};
        });
    }
    auto directory() const -> std::filesystem::path const& { return directory_; }
    auto open(slot_number number) const -> result<descriptor> {
        return open_file(directory_ / lock_name(number), O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    }
    auto port_is_free(slot_number number) const -> bool { return ssh_port_is_free(number); }

private:
    explicit user_slots(std::filesystem::path directory) : directory_{std::move(directory)} {}
    std::filesystem::path directory_;
};

/// Where a running VM's slot may be locked: in the machine's pool, or in the caller's.
inline auto slot_directories(paths const& where) -> std::vector<std::filesystem::path> {
    return {"/etc/vms", where.runtime / "slots"};
}

} // namespace ktest
