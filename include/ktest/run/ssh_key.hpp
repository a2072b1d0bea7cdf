#pragma once

#include <ktest/capture.hpp>
#include <ktest/file.hpp>
#include <ktest/paths.hpp>
#include <ktest/program.hpp>

#include <random>
#include <string>

namespace ktest {

namespace detail {

inline auto run_keygen(std::filesystem::path const& key, std::vector<std::string> words)
    -> result<std::string> {
    return find_program("ssh-keygen", "openssh-client")
        .and_then([&](auto const& keygen) {
            words.insert(words.begin(), keygen.string());
            return capture({.arguments = std::move(words)});
        })
        .and_then([&](captured const& done) -> result<std::string> {
            if (!done.succeeded()) return unavailable("{}: no key could be made: {}", key.string(), done.err);
            return done.out;
        });
}

/// Of those who make it at once the first wins.
inline auto make_ssh_key(std::filesystem::path const& key) -> result<void> {
    auto const made = fmt::format("{}.{:08x}", key.string(), std::random_device{}());
    (void)make_private(key.parent_path()); // whoever cannot write there is told by ssh-keygen
    return run_keygen(key, {"-q", "-t", "ed25519", "-N", "", "-C", "ktest", "-f", made})
        .map([&](auto const&) {
            (void)!::link(made.c_str(), key.c_str());
            ::unlink(made.c_str());
            ::unlink((made + ".pub").c_str());
        });
}

/// The public half of the key in a file; both are made on first use, for the user alone. Who made the private
/// half may not have come to the public one, so that is always got out of it.
inline auto public_ssh_key(std::filesystem::path const& key) -> result<std::string> {
    auto const published = key.string() + ".pub";
    if (auto known = read_file(published)) return known;
    if (auto const there = read_file(key); !there)
        if (auto made = make_ssh_key(key); !made) return tl::unexpected{made.error()};
    return run_keygen(key, {"-y", "-f", key.string()}).and_then([&](std::string text) {
        return write_file(published, text, 0600).map([&] { return std::move(text); });
    });
}

} // namespace detail

/// The public half of the user's key for guests, made on first use. It is in no image and no repository.
inline auto guest_ssh_key(paths const& where) -> result<std::string> {
    return detail::public_ssh_key(where.ssh_key());
}

/// The user's guests all have one host key, for to make one in a guest would take longer than to restore it:
/// its public half, made on first use.
inline auto guest_public_key(paths const& where) -> result<std::string> {
    return detail::public_ssh_key(where.guest_key());
}
/// Its private half.
inline auto guest_host_key(paths const& where) -> result<std::string> {
    return guest_public_key(where).and_then([&](auto const&) { return read_file(where.guest_key()); });
}

} // namespace ktest
