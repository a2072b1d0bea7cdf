#pragma once

// Where processes in the guest ask the host for something: a socket of init's, which passes on what they say.
// A packet is one frame of wire.hpp: `request` there, `answer` back.

#include <ktest/guest/messages.hpp>

#include <array>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>

namespace ktest::init {

constexpr std::string_view host_socket = "/run/ktest/host";

/// Bytes of a packet: a piece of a file, and words or a text of the same length. A socket's buffer holds it.
constexpr std::size_t packet_limit = 2 * wire::piece_limit + (1U << 14U);

/// What a process sends for the host to answer what it asked last at once: it waits no longer.
constexpr std::string_view give_up = "give-up";

inline auto address_of(std::string_view path) -> sockaddr_un {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1); // NOLINT(*-array-to-pointer-decay)
    return address;
}

} // namespace ktest::init
