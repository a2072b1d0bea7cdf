#include "catch.hpp"
#include <ktest/run/ssh_key.hpp>

#include <thread>

using namespace ktest;

namespace {

/// A user who has never had a guest; gone with the test.
struct new_user {
    std::filesystem::path home = [] {
        std::string name = "/tmp/ktest-unit-keys-XXXXXX";
        return std::filesystem::path{::mkdtemp(name.data())};
    }();
    paths where{home / "user", home / "cache", home / "run"};
    new_user() = default;
    ~new_user() { std::filesystem::remove_all(home); }
    new_user(new_user const&) = delete;
    auto operator=(new_user const&) -> new_user& = delete;
};

auto mode_of(std::filesystem::path const& file) -> mode_t {
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

} // namespace

TEST_CASE("a user's keys for guests are made once, and neither half is open to others", "[ssh_key]") {
    new_user const user;
    auto const first = guest_public_key(user.where);
    REQUIRE(first.value_or("").starts_with("ssh-ed25519 "));
    CHECK(guest_public_key(user.where).value() == *first);
    CHECK(guest_host_key(user.where).value().starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
    CHECK(guest_ssh_key(user.where).value() != *first);
    for (auto const* name : {"id_ed25519", "id_ed25519.pub", "guest_ed25519", "guest_ed25519.pub"})
        CHECK(mode_of(user.where.user / name) == 0600);
    CHECK(std::distance(std::filesystem::directory_iterator{user.where.user}, {}) == 4);
}

TEST_CASE("those who ask for a key at once get the same", "[ssh_key]") {
    new_user const user;
    std::array<std::string, 8> keys;
    {
        std::vector<std::jthread> all;
        for (auto& key : keys) all.emplace_back([&] { key = guest_public_key(user.where).value_or("none"); });
    }
    for (auto const& key : keys) CHECK(key == keys[0]);
    CHECK(keys[0].starts_with("ssh-ed25519 "));
}

TEST_CASE("a public half that is missing is got out of the private one", "[ssh_key]") {
    new_user const user;
    auto const key = guest_ssh_key(user.where);
    REQUIRE(key);
    std::filesystem::remove(user.where.ssh_key().string() + ".pub");
    CHECK(guest_ssh_key(user.where).value() == *key);
}

TEST_CASE("a place where no key can be made is told", "[ssh_key]") {
    auto const key = guest_ssh_key({"/proc/nowhere", "/proc/nowhere", "/proc/nowhere"});
    REQUIRE_FALSE(key);
    CHECK(key.error().message.starts_with("/proc/nowhere/id_ed25519: no key could be made: "));
}
