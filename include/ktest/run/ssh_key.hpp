#pragma once

#include <ktest/capture.hpp>
#include <ktest/file.hpp>
#include <ktest/paths.hpp>
#include <ktest/program.hpp>

#include <string>

namespace ktest {

/// The public half of the user's key for guests, made on first use. It is in no image and no repository.
inline auto guest_ssh_key(paths const& where) -> result<std::string> {
    auto const key = where.ssh_key();
    auto const published = key.string() + ".pub";
    if (auto known = read_file(published)) return known;
    auto const made = fmt::format("{}.{}", key.string(), ::getpid());
    (void)make_private(where.user); // whoever cannot write there is told by ssh-keygen
    return find_program("ssh-keygen", "openssh-client")
        .and_then([&](auto const& keygen) {
            return capture(
                {.arguments = {keygen.string(), "-q", "-t", "ed25519", "-N", "", "-C", "ktest", "-f", made}});
        })
        .and_then([&](captured const& done) -> result<std::string> {
            if (!done.succeeded()) return unavailable("{}: no key could be made: {}", key.string(), done.err);
            // The private half first: two runs may do this at once, and the last pair wins whole or not at
            // all.
            if (::link(made.c_str(), key.c_str()) == 0) ::rename((made + ".pub").c_str(), published.c_str());
            ::unlink(made.c_str());
            ::unlink((made + ".pub").c_str());
            return read_file(published);
        });
}

} // namespace ktest
